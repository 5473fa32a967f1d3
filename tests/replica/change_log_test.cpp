// The log has the last changes of a shard, and knows of which slots it has all that a follower lacks.
#include <gtest/gtest.h>

#include <limpet/replica/change_log.hpp>
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
    while (const auto change = log.read(cursor)) {
      if (change->slot == slot) numbers.push_back(change->made.number);
    }
    return numbers;
  }
  ChangeLog log;
  Lsn end = 0;
};

using Numbers = std::vector<std::uint64_t>;

TEST(ChangeLog, IsReadInTheOrderInWhichThingsHappened) {
  Log of;
  of.add(kSlot, 4, "four");
  of.add(kOther, 1, "");
  of.add(kSlot, 5, std::string(700'000, 'v'));
  ChangeLog::Cursor cursor = of.log.begin();
  const auto first = of.log.read(cursor);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->slot, kSlot);
  EXPECT_EQ(first->made, (LastChange{{3, 1}, 4, 7}));
  EXPECT_EQ(first->end, 100U);
  EXPECT_EQ(first->effects, "four");
  EXPECT_EQ(of.log.read(cursor)->slot, kOther);
  EXPECT_EQ(of.log.read(cursor)->effects.size(), 700'000U);
  EXPECT_FALSE(of.log.read(cursor)) << "there is no more yet";
  EXPECT_EQ(cursor, of.log.end());
  of.add(kOther, 2);
  EXPECT_EQ(of.log.read(cursor)->made.number, 2U);
  EXPECT_EQ(of.log.end_lsn(), 400U);
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
