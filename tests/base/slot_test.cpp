#include <gtest/gtest.h>

#include <limpet/base/slot.hpp>
#include <random>
#include <string>

namespace limpet {
namespace {

// CRC16/XMODEM as its definition reads, a bit at a time.
std::uint16_t plain_crc16(std::string_view bytes) {
  unsigned crc = 0;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned>(static_cast<unsigned char>(c)) << 8;
    for (int bit = 0; bit < 8; ++bit) crc = ((crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return static_cast<std::uint16_t>(crc);
}

TEST(Crc16, HasTheCheckValueOfXmodem) {
  EXPECT_EQ(crc16("123456789"), 0x31c3);
  EXPECT_EQ(crc16(""), 0);
}

TEST(Crc16, AgreesWithItsDefinitionForEveryLengthAndByte) {
  std::mt19937 random(3);
  for (std::size_t length = 0; length < 300; ++length) {
    std::string bytes(length, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    EXPECT_EQ(crc16(bytes), plain_crc16(bytes)) << length << " bytes";
  }
}

TEST(UidOf, IsWhatStandsInTheFirstBraces) {
  EXPECT_EQ(uid_of("cart:{u42}"), "u42");
  EXPECT_EQ(uid_of("{u42}:cart"), "u42");
  EXPECT_EQ(uid_of("{a}{b}"), "a");
  EXPECT_EQ(uid_of("foo{{bar}}zap"), "{bar");
  EXPECT_EQ(uid_of("}{a}"), "a");
  EXPECT_EQ(uid_of("x{a"), "x{a");
}

TEST(UidOf, FindsBracesWhereverTheyStandInKeysOfAnyLength) {
  for (std::size_t size = 3; size <= 80; ++size) {
    for (std::size_t at = 0; at + 3 <= size; ++at) {
      std::string key(size, at % 2 == 0 ? 'z' : '|');  // both are neighbours of braces
      key.replace(at, 3, "{u}");
      EXPECT_EQ(uid_of(key), "u") << key;
    }
  }
}

TEST(UidOf, IsTheWholeKeyWithoutThem) {
  for (const char* key : {"", "sess:abc", "foo{}{bar}", "{}", "{", "}", "}a{", "a}b"})
    EXPECT_EQ(uid_of(key), key);
}

TEST(UidOf, KeepsEveryByteAlsoZeros) {
  const std::string_view key("{a\0b}", 5);
  EXPECT_EQ(uid_of(key), std::string_view("a\0b", 3));
}

TEST(SlotOf, IsTheOneThatRedisClusterComputes) {
  EXPECT_EQ(slot_of("foo"), 12182);
  EXPECT_EQ(slot_of("bar"), 5061);
  EXPECT_EQ(slot_of("hello"), 866);
  EXPECT_EQ(slot_of(""), 0);
  EXPECT_EQ(slot_of("x{foo}y"), 12182);
  EXPECT_EQ(slot_of_uid("{foo}"), crc16("{foo}") % kSlots);
}

TEST(SlotOf, IsAlwaysBelowTheNumberOfSlots) {
  for (int i = 0; i < 10'000; ++i) ASSERT_LT(slot_of("key:" + std::to_string(i)), kSlots);
}

TEST(KeyRef, HoldsKeyUidAndSlotOfOneKey) {
  const KeyRef ref = KeyRef::of("cart:{foo}");
  EXPECT_EQ(ref.key, "cart:{foo}");
  EXPECT_EQ(ref.uid, "foo");
  EXPECT_EQ(ref.slot, 12182);
}

}  // namespace
}  // namespace limpet
