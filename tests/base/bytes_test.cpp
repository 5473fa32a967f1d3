#include <gtest/gtest.h>

#include <cstdint>
#include <limpet/base/bytes.hpp>
#include <random>
#include <string>

namespace limpet {
namespace {

Bytes bytes_of(std::string_view text) {
  Bytes bytes;
  bytes.append(text);
  return bytes;
}

TEST(Bytes, BeginEmptyWithoutStorage) {
  const Bytes bytes;
  EXPECT_TRUE(bytes.empty());
  EXPECT_EQ(bytes.size(), 0u);
  EXPECT_EQ(bytes.capacity(), 0u);
  EXPECT_EQ(bytes.view(), "");
}

TEST(Bytes, HoldWhatIsAppendedInOrder) {
  Bytes bytes;
  bytes.append("ab");
  bytes.append("");
  bytes.push_back('c');
  std::memcpy(bytes.extend(2), "de", 2);
  EXPECT_EQ(bytes.view(), "abcde");
}

TEST(Bytes, ReservedRoomIsAddedOnlyWhenCommitted) {
  Bytes bytes = bytes_of("a");
  char* at = bytes.reserve(1000);
  std::memcpy(at, "bcd", 3);
  EXPECT_EQ(bytes.view(), "a");
  bytes.commit(2);
  EXPECT_EQ(bytes.view(), "abc");
  EXPECT_GE(bytes.capacity(), 1001u);
}

TEST(Bytes, ConsumeDropsTheFrontAndAppendsGoBehindTheRest) {
  Bytes bytes = bytes_of("abcdef");
  bytes.consume(4);
  EXPECT_EQ(bytes.view(), "ef");
  bytes.append("gh");
  EXPECT_EQ(bytes.view(), "efgh");
  bytes.consume(4);
  EXPECT_TRUE(bytes.empty());
}

TEST(Bytes, TruncateDropsTheEnd) {
  Bytes bytes = bytes_of("abcdef");
  bytes.consume(1);
  bytes.truncate(2);
  EXPECT_EQ(bytes.view(), "bc");
  bytes.truncate(0);
  EXPECT_TRUE(bytes.empty());
  bytes.append("x");
  EXPECT_EQ(bytes.view(), "x");
}

TEST(Bytes, ClearKeepsTheStorageAndReleaseGivesItBack) {
  Bytes bytes = bytes_of("abc");
  const std::size_t capacity = bytes.capacity();
  bytes.clear();
  EXPECT_TRUE(bytes.empty());
  EXPECT_EQ(bytes.capacity(), capacity);
  bytes.release();
  EXPECT_EQ(bytes.capacity(), 0u);
}

TEST(Bytes, AreMovedNotCopied) {
  Bytes from = bytes_of("abc");
  const char* at = from.data();
  Bytes to = std::move(from);
  EXPECT_EQ(to.view(), "abc");
  EXPECT_EQ(to.data(), at);
  Bytes other = bytes_of("xyz");
  other = std::move(to);
  EXPECT_EQ(other.view(), "abc");
  EXPECT_EQ(other.data(), at);
}

TEST(Bytes, SwapExchangesContents) {
  Bytes a = bytes_of("a");
  Bytes b = bytes_of("bb");
  a.swap(b);
  EXPECT_EQ(a.view(), "bb");
  EXPECT_EQ(b.view(), "a");
}

TEST(Bytes, UseConsumedRoomAgainBeforeTheyGrow) {
  Bytes bytes;
  bytes.append(std::string(256, 'x'));
  const std::size_t capacity = bytes.capacity();
  for (int i = 0; i < 1000; ++i) {
    bytes.consume(200);
    bytes.append(std::string(200, 'y'));
  }
  EXPECT_EQ(bytes.size(), 256u);
  EXPECT_LE(bytes.capacity(), 2 * capacity);
}

TEST(Bytes, GrowByDoublingSoThatAppendingStaysCheap) {
  Bytes bytes;
  int moves = 0;
  const char* last = nullptr;
  for (int i = 0; i < 1'000'000; ++i) {
    bytes.push_back('x');
    if (bytes.data() != last) ++moves;
    last = bytes.data();
  }
  EXPECT_LE(moves, 14);
  EXPECT_EQ(bytes.size(), 1'000'000u);
}

// Whatever mix of operations comes, they hold what a string would hold.
TEST(Bytes, AgreeWithAStringOverRandomOperations) {
  std::mt19937 random(7);
  Bytes bytes;
  std::string expected;
  for (int step = 0; step < 20'000; ++step) {
    const std::size_t count = random() % 300;
    switch (random() % 4) {
      case 0:
      case 1: {
        const std::string text(count, static_cast<char>('a' + step % 26));
        bytes.append(text);
        expected += text;
        break;
      }
      case 2: {
        const std::size_t gone = std::min(count * 2, expected.size());
        bytes.consume(gone);
        expected.erase(0, gone);
        break;
      }
      default: {
        const std::size_t kept = expected.size() - std::min(count / 4, expected.size());
        bytes.truncate(kept);
        expected.resize(kept);
        break;
      }
    }
    ASSERT_EQ(bytes.view(), expected) << "step " << step;
  }
}

TEST(LittleEndian, PutsTheLowestByteFirst) {
  char out[4];
  store_le(out, std::uint32_t{0x01020304});
  EXPECT_EQ(std::string_view(out, 4), "\x04\x03\x02\x01");
}

TEST(LittleEndian, LoadsWhatWasStoredAlsoAtUnevenAddresses) {
  char out[16];
  store_le(out + 1, std::uint64_t{0xfedcba9876543210});
  EXPECT_EQ(load_le<std::uint64_t>(out + 1), 0xfedcba9876543210u);
  store_le(out + 3, std::int64_t{-2});
  EXPECT_EQ(load_le<std::int64_t>(out + 3), -2);
}

TEST(LittleEndian, AppendsTheWholeInteger) {
  Bytes bytes = bytes_of("x");
  append_le(bytes, std::uint16_t{0x4241});
  append_le(bytes, std::uint8_t{0x43});
  EXPECT_EQ(bytes.view(), "xABC");
}

}  // namespace
}  // namespace limpet
