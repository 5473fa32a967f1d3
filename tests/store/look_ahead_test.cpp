#include <gtest/gtest.h>

#include <limpet/store/store.hpp>
#include <string>
#include <vector>

#include "now.hpp"

namespace limpet::store {
namespace {

// What prefetch() noted may be out of date when it is used: words move when others come and go, records
// when they grow, and what was there may be gone.
TEST(LookAhead, NeverShowsAnythingElseThanALookWithout) {
  Store store(1);
  std::uint64_t state = 42;
  const auto random = [&](std::uint64_t below) {
    state = state * 6364136223846793005 + 1442695040888963407;
    return (state >> 33) % below;
  };
  // Few uids, so that they share slots' tables and sessions become wide and narrow again.
  const auto name = [&](std::uint64_t n) {
    return "{u" + std::to_string(n % 40) + "}" + std::to_string(n / 40);
  };
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < kLookAheadMax; ++i) names.push_back(name(random(120)));
    std::vector<KeyRef> keys;
    std::vector<KeyRef*> all;
    for (const std::string& each : names) keys.push_back(KeyRef::of(each));
    for (KeyRef& key : keys) all.push_back(&key);
    store.prefetch(all);
    for (const KeyRef& key : keys) {
      const Item with = store.find(key, kNow + round);
      const Item without = store.peek(KeyRef::of(key.key), kNow + round);
      ASSERT_EQ(static_cast<bool>(with), static_cast<bool>(without));
      if (with) {
        ASSERT_EQ(with.string(), without.string());
      }
      const KeyRef other = keys[random(keys.size())];
      switch (random(4)) {
        case 0:
          store.put_string(other, std::string(random(300), 'v'),
                           Expiry::at(kNow + round + 1 + std::int64_t(random(50))), kNow + round);
          break;
        case 1:
          store.erase(other, kNow + round);
          break;
        case 2:
          store.put_string(KeyRef::of(name(random(120))), "x", Expiry::none(), kNow + round);
          break;
        default:
          break;
      }
    }
    if (round % 100 == 99) store.reclaim(kNow + round + 2000, 100'000);
    if (round % 1000 == 999) store.clear();
  }
}

}  // namespace
}  // namespace limpet::store
