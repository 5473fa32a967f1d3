// What a shard has of its titles, whatever the disk says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>
#include <limpet/handoff/title_ledger.hpp>

#include "samples.hpp"

namespace limpet::handoff {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class TitleLedgerTest : public ::testing::Test {
 protected:
  void write(Slot slot, std::uint64_t cessions, bool after_data = false) {
    ledger_.write({.slot = slot, .title = owner_at(cessions), .after_data = after_data}, now_);
  }
  // The slots whose titles are handed out.
  std::vector<Slot> taken() {
    last_ = ledger_.take();
    std::vector<Slot> slots;
    for (const WantedTitle& write : last_) slots.push_back(write.slot);
    return slots;
  }

  Now now_{.steady_ms = 1'000'000, .unix_ms = 1'700'000'000'000};
  TitleLedger ledger_{1, 0, std::vector<SlotTitle>(kSlots)};
  std::vector<WantedTitle> last_;
};

TEST_F(TitleLedgerTest, HandsTitlesOutInTheirOrderAndHasThemOnceTheyAreOnTheDisk) {
  write(5, 1);
  write(3, 2);
  EXPECT_THAT(taken(), ElementsAre(5, 3));
  EXPECT_TRUE(taken().empty()) << "once each";
  EXPECT_FALSE(owns(ledger_.title(5)));
  EXPECT_TRUE(ledger_.is_writing(5));
  now_.steady_ms += 7;
  EXPECT_EQ(ledger_.written(5, now_), 7);
  EXPECT_TRUE(owns(ledger_.title(5)));
  EXPECT_FALSE(ledger_.is_writing(5));
  EXPECT_TRUE(ledger_.is_writing(3));
}

TEST_F(TitleLedgerTest, WhatFoundNoRoomIsHandedOutAgainAsItWas) {
  write(5, 1, true);
  (void)taken();
  ledger_.no_room(5, "the disk is full", now_);
  EXPECT_FALSE(ledger_.has_room(now_));
  EXPECT_THAT(ledger_.why_no_room(now_), HasSubstr("the disk is full"));
  ledger_.retry(now_);
  EXPECT_TRUE(taken().empty()) << "not at once";
  now_.steady_ms += kDiskRetryMs;
  EXPECT_TRUE(ledger_.has_room(now_));
  ledger_.retry(now_);
  EXPECT_THAT(taken(), ElementsAre(5));
  EXPECT_TRUE(last_[0].after_data) << "its data may not be on the disk yet";
  ledger_.retry(now_);
  EXPECT_TRUE(taken().empty());
}

TEST_F(TitleLedgerTest, WhatWasWithdrawnIsNotHandedOutAgain) {
  write(5, 1);
  (void)taken();
  ledger_.no_room(5, "the disk is full", now_);
  ledger_.withdraw(5);
  EXPECT_FALSE(ledger_.is_writing(5));
  write(5, 2);
  EXPECT_THAT(taken(), ElementsAre(5));
  now_.steady_ms += kDiskRetryMs;
  ledger_.retry(now_);
  EXPECT_TRUE(taken().empty()) << "nor a later one because of it";
}

TEST_F(TitleLedgerTest, BehindOneThatMayBeThereOrNotNoOtherIsWritten) {
  write(5, 1);
  ledger_.not_written(5, "the disk is broken");
  EXPECT_FALSE(ledger_.may_write());
  EXPECT_FALSE(owns(ledger_.title(5)));
  ledger_.close("the node stops");
  EXPECT_THAT(ledger_.why_closed(), HasSubstr("the disk is broken")) << "the first reason stands";
}

TEST_F(TitleLedgerTest, ASlotThatIsUndecidedAtTheStartIsDecidedByItsNextTitle) {
  ledger_.set_undecided(5, true);
  write(5, 1);
  EXPECT_TRUE(ledger_.is_undecided(5));
  ledger_.written(5, now_);
  EXPECT_FALSE(ledger_.is_undecided(5));
}

TEST(TitleLedgerOfAShard, HasTheSlotsOfItsShardAlone) {
  std::vector<SlotTitle> titles(kSlots);
  titles[7] = owner_at(4);
  const TitleLedger ledger(3, 1, titles);
  EXPECT_TRUE(ledger.is_of_this_shard(7));
  EXPECT_FALSE(ledger.is_of_this_shard(8));
  EXPECT_FALSE(ledger.is_of_this_shard(kSlots));
  EXPECT_EQ(ledger.title(7), titles[7]);
  std::size_t count = 0;
  ledger.each_slot([&](Slot slot) { count += slot % 3 == 1; });
  EXPECT_EQ(count, (kSlots + 1) / 3);
}

}  // namespace
}  // namespace limpet::handoff
