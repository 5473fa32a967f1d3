// The log has the last changes of a shard, and knows of which slots it has all that a follower lacks.
#include <gtest/gtest.h>

#include <limpet/replica/change_log.hpp>
#include <limpet/replica/entry.hpp>
#include <string>
#include <vector>

namespace limpet::replica {
namespace {

constexpr Slot kSlot = 5;
constexpr Slot kOther = 9;
constexpr std::size_t kPlenty = 1'000'000;

class Log {
 public:
  explicit Log(std::size_t bytes_max = kPlenty) : log(bytes_max) {}
  void add(Slot slot, std::uint64_t number, const std::string& effects = "x") {
    end += 100;
    log.add({.slot = slot, .made = {{3, 1}, number, 7}, .end = end, .effects = effects});
  }
  // The changes of the slot from there on.
  std::vector<std::uint64_t> from(ChangeLog::Cursor cursor, Slot slot) const {
    std::vector<std::uint64_t> numbers;
    for (; cursor < log.end(); cursor += first(cursor).bytes) {
      const Glance entry = first(cursor);
      if (entry.slot == slot && entry.is_change) numbers.push_back(entry.number);
    }
    return numbers;
  }
  Glance first(ChangeLog::Cursor cursor) const { return glance_at(log.entries_from(cursor).bytes.data()); }
  // All entries there are.
  Bytes all() const {
    Bytes all;
    while (all.size() < log.end()) all.append(log.entries_from(all.size()).bytes);
    return all;
  }
  ChangeLog log;
  Lsn end = 0;
};

using Numbers = std::vector<std::uint64_t>;

TEST(ChangeLog, HasTheEntriesThatGoOutInTheOrderInWhichThingsHappened) {
  using Kind = Entry::Kind;
  Log of;
  of.add(kSlot, 4, "four");
  of.add(kOther, 1, "");
  of.add(kSlot, 5, std::string(700'000, 'v'));
  of.log.add({.slot = kSlot, .made = {{4, 0}, 6, 7}, .end = of.end += 100, .effects = "of a later term"});
  Bytes expected;
  append_entry(expected, {.kind = Kind::from, .slot = kSlot, .last = {{3, 1}, 3, 7}});
  append_entry(expected, {.kind = Kind::change, .slot = kSlot, .number = 4, .effects = "four"});
  append_entry(expected, {.kind = Kind::from, .slot = kOther, .last = {{3, 1}, 0, 7}});
  append_entry(expected, {.kind = Kind::change, .slot = kOther, .number = 1});
  append_entry(expected,
               {.kind = Kind::change, .slot = kSlot, .number = 5, .effects = std::string(700'000, 'v')});
  append_entry(expected, {.kind = Kind::from, .slot = kSlot, .last = {{4, 0}, 5, 7}});
  append_entry(expected, {.kind = Kind::change, .slot = kSlot, .number = 6, .effects = "of a later term"});
  EXPECT_TRUE(of.all().view() == expected.view());
  EXPECT_EQ(of.log.end_lsn(), 400U);
}

TEST(ChangeLog, SaysHowFarEachPartOfItGoes) {
  Log of;
  of.add(kSlot, 1);
  of.add(kSlot, 2, std::string(700'000, 'v'));
  const ChangeLog::Entries more = of.log.entries_from(of.log.begin());
  EXPECT_EQ(more.end, 100U);
  EXPECT_EQ(of.log.entries_from(of.log.begin() + more.bytes.size()).end, 200U);
}

TEST(ChangeLog, PassesOnWhatAnEntrySays) {
  Bytes out;
  append_change(out, kSlot, 9, "effects");
  Bytes same;
  append_entry(same, {.kind = Entry::Kind::change, .slot = kSlot, .number = 9, .effects = "effects"});
  EXPECT_EQ(out.view(), same.view());
  const Glance change = glance_at(out.data());
  EXPECT_TRUE(change.is_change);
  EXPECT_EQ(change.bytes, out.size());
  out.clear();
  append_entry(out, {.kind = Entry::Kind::from, .slot = kOther, .last = {{3, 1}, 8, 7}});
  const Glance from = glance_at(out.data());
  EXPECT_FALSE(from.is_change);
  EXPECT_EQ(from.slot, kOther);
  EXPECT_EQ(from.number, 8U);
  EXPECT_EQ(from.bytes, out.size());
}

TEST(ChangeLog, FindsWhatAFollowerLacks) {
  Log of;
  for (std::uint64_t number = 4; number <= 9; ++number) of.add(kSlot, number);
  EXPECT_EQ(of.from(*of.log.find(kSlot, 3, 9), kSlot), (Numbers{4, 5, 6, 7, 8, 9}));
  EXPECT_TRUE(of.log.find(kSlot, 8, 9));
  EXPECT_FALSE(of.log.find(kSlot, 2, 9)) << "the third is not there";
  EXPECT_FALSE(of.log.find(kSlot, 8, 10)) << "nor is the tenth, which was made elsewhere";
  EXPECT_FALSE(of.log.find(kOther, 0, 1));
}

TEST(ChangeLog, HasNoGapsInWhatItFinds) {
  Log of;
  of.add(kSlot, 4);
  of.add(kSlot, 5);
  of.add(kSlot, 9);  // it has been elsewhere meanwhile
  of.add(kSlot, 10);
  EXPECT_FALSE(of.log.find(kSlot, 4, 10));
  EXPECT_EQ(of.from(*of.log.find(kSlot, 8, 10), kSlot), (Numbers{9, 10}));
  of.log.add({.slot = kSlot, .made = {{4, 0}, 11, 7}, .end = of.end += 100, .effects = "of a later term"});
  EXPECT_FALSE(of.log.find(kSlot, 8, 11)) << "what stands before it may be of another history";
  EXPECT_TRUE(of.log.find(kSlot, 10, 11));
  of.add(kSlot, 1);  // it was claimed, and begun anew
  EXPECT_EQ(of.from(*of.log.find(kSlot, 0, 1), kSlot), (Numbers{1}));
}

TEST(ChangeLog, ForgetsTheOldest) {
  Log of(600'000);
  for (std::uint64_t number = 1; number <= 100; ++number) {
    of.add(kSlot, number, std::string(20'000, 'v'));
    if (number == 50) of.add(kOther, 1);
  }
  EXPECT_LE(of.log.end() - of.log.begin(), 900'000U);
  EXPECT_FALSE(of.log.find(kOther, 0, 1)) << "it was the last one of its slot";
  const Numbers left = of.from(of.log.begin(), kSlot);
  ASSERT_FALSE(left.empty());
  EXPECT_EQ(left.back(), 100U);
  EXPECT_TRUE(of.log.find(kSlot, left.front() - 1, 100));
  EXPECT_FALSE(of.log.find(kSlot, left.front() - 2, 100));
}

TEST(ChangeLog, KeepsTheLastOneHoweverLongItIs) {
  Log of(1'000);
  of.add(kSlot, 1, std::string(5'000'000, 'v'));
  EXPECT_TRUE(of.log.find(kSlot, 0, 1));
  of.add(kSlot, 2);
  EXPECT_FALSE(of.log.find(kSlot, 0, 2));
  EXPECT_TRUE(of.log.find(kSlot, 1, 2));
}

}  // namespace
}  // namespace limpet::replica
