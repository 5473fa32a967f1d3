// A value that finds no room beside its head any more goes to a block of its own.
#include <gtest/gtest.h>

#include <limpet/store/store.hpp>
#include <string>

namespace limpet::store {
namespace {

constexpr std::int64_t kNow = 1'700'000'000'000;

// The head grows by the time-out.
TEST(MovingOutside, AHashThatATimeOutMovesKeepsItsNameAndItsFields) {
  Store store(1);
  const KeyRef key = KeyRef::of("a-name-of-its-own");
  for (std::size_t size = 960; size < 1024; ++size) {
    const std::string value(size, 'v');
    ASSERT_TRUE(store.put_field(key, "f", value, kNow));
    ASSERT_TRUE(store.set_expiry(key, kNow + 1'000, kNow));
    const Item item = store.peek(key, kNow);
    ASSERT_TRUE(item) << size;
    EXPECT_EQ(item.key(), "a-name-of-its-own");
    EXPECT_EQ(item.expires_unix_ms(), kNow + 1'000);
    std::string_view found;
    ASSERT_TRUE(item.field("f", found));
    EXPECT_EQ(found, value);
    ASSERT_TRUE(store.erase(key, kNow));
  }
}

TEST(MovingOutside, AHashThatALongerNameMovesKeepsItsFields) {
  for (std::size_t size = 960; size < 1024; ++size) {
    Store store(1);
    const std::string value(size, 'v');
    ASSERT_TRUE(store.put_field(KeyRef::of("{u}a"), "f", value, kNow));
    ASSERT_TRUE(store.rename(KeyRef::of("{u}a"), KeyRef::of("{u}a-longer-name"), kNow));
    const Item item = store.peek(KeyRef::of("{u}a-longer-name"), kNow);
    ASSERT_TRUE(item) << size;
    std::string_view found;
    ASSERT_TRUE(item.field("f", found));
    EXPECT_EQ(found, value);
  }
}

}  // namespace
}  // namespace limpet::store
