#include <gtest/gtest.h>

#include <limpet/store/store.hpp>

namespace limpet::store {
namespace {

constexpr std::int64_t kNow = 1'700'000'000'000;

class StoreTest : public testing::Test {
 protected:
  void set(std::string_view key, std::string_view value, Expiry expiry = Expiry::none()) {
    store.put_string(KeyRef::of(key), value, expiry, now);
  }
  Item get(std::string_view key) { return store.find(KeyRef::of(key), now); }

  Store store{7};
  std::int64_t now = kNow;
};

TEST_F(StoreTest, ATimeOutEndsAKeyAtItsVeryMillisecond) {
  set("a", "1", Expiry::at(kNow + 1000));
  now = kNow + 999;
  EXPECT_TRUE(get("a"));
  now = kNow + 1000;
  EXPECT_FALSE(get("a"));
  EXPECT_EQ(store.stats().expired_total, 1U);
  EXPECT_EQ(store.stats().bytes, 0U);
}

}  // namespace
}  // namespace limpet::store
