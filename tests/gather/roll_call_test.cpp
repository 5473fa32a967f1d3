// Every slot is answered for once, wherever it is when it is asked for.
#include "roll_call.hpp"

#include <gtest/gtest.h>

namespace limpet::gather {
namespace {

SlotSet slots_of(std::size_t from, std::size_t behind) {
  SlotSet set;
  for (std::size_t slot = from; slot < behind; ++slot) set.add(static_cast<Slot>(slot));
  return set;
}

TEST(RollCall, IsCompleteOnceEverySlotHasBeenAnsweredFor) {
  RollCall call(SlotSet::all(), 100);
  EXPECT_TRUE(call.answers(slots_of(0, 50)));
  EXPECT_TRUE(call.answers(slots_of(60, kSlots)));
  EXPECT_FALSE(call.complete());
  EXPECT_EQ(call.missing(), slots_of(50, 60));
  EXPECT_TRUE(call.answers(slots_of(50, 60)));
  EXPECT_TRUE(call.complete());
  EXPECT_EQ(call.answered(), SlotSet::all());
}

TEST(RollCall, ASlotThatTwoPartsAnswerForCountsOnce) {
  RollCall call(SlotSet::all(), 100);
  EXPECT_TRUE(call.answers(slots_of(0, 51)));
  EXPECT_FALSE(call.answers(slots_of(50, kSlots)));
  EXPECT_EQ(call.missing(), slots_of(51, kSlots)) << "nothing of that answer counts";
  EXPECT_TRUE(call.answers(slots_of(51, kSlots)));
}

TEST(RollCall, WhatWasNotAskedForIsNotAnswered) {
  RollCall call(slots_of(3, 5), 100);
  EXPECT_FALSE(call.answers(slots_of(4, 6)));
  EXPECT_TRUE(call.answers(slots_of(3, 5)));
  EXPECT_TRUE(call.complete());
}

TEST(RollCall, APartThatAnswersForNothingIsNoMistake) {
  RollCall call(SlotSet::all(), 100);
  EXPECT_TRUE(call.answers({}));
  EXPECT_EQ(call.missing(), SlotSet::all());
}

TEST(RollCall, HasAnEnd) {
  const RollCall call(SlotSet::all(), 100);
  EXPECT_FALSE(call.out_of_time(99));
  EXPECT_TRUE(call.out_of_time(100));
}

}  // namespace
}  // namespace limpet::gather
