// Whoever copies a hash takes no more of it at once than he has room for, however large its fields are.
#include <gtest/gtest.h>

#include <limpet/store/store.hpp>
#include <set>
#include <string>

#include "values/hash.hpp"

namespace limpet::store {
namespace {

TEST(WalkFields, ACopierWalksOverFieldsByBytesAndSeesEachThatIsThereThroughout) {
  constexpr std::size_t kFieldBytes = 1'000;
  constexpr std::int64_t now = 1'700'000'000'000;
  Store store(1);
  const auto set_field = [&](const std::string& name, const std::string& value) {
    store.put_field(KeyRef::of("h"), name, value, now);
  };
  for (int i = 0; i < 3'000; ++i) set_field("f" + std::to_string(i), std::string(kFieldBytes, 'v'));
  std::set<std::string> seen;
  std::uint64_t from = 0;
  int calls = 0;
  do {
    std::size_t bytes = 0;
    const Item item = store.peek(KeyRef::of("h"), now);
    from = hashes::walk(item.records(), item.record(), from, 1'000, 4 * kFieldBytes,
                        [&](std::string_view name, std::string_view value) {
                          bytes += value.size();
                          EXPECT_TRUE(seen.insert(std::string(name)).second) << name << " twice";
                        });
    EXPECT_LE(bytes, 8 * kFieldBytes) << "and some of one tag";
    ++calls;
    // The hash grows and shrinks meanwhile, in the segment that is walked over, too.
    set_field("new" + std::to_string(calls), "x");
    store.erase_field(KeyRef::of("h"), "new" + std::to_string(calls - 1), now);
  } while (from != 0 && calls < 10'000);
  EXPECT_GT(calls, 500);
  for (int i = 0; i < 3'000; ++i) EXPECT_TRUE(seen.contains("f" + std::to_string(i)));
}

}  // namespace
}  // namespace limpet::store
