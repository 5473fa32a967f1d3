#include <gtest/gtest.h>

#include <limpet/ownership/known_owners.hpp>

namespace limpet::ownership {
namespace {

constexpr Slot kSlot = 7;

TEST(KnownOwners, TheHigherTermIsRight) {
  KnownOwners owners;
  EXPECT_FALSE(owners.heard(kSlot).known());
  EXPECT_TRUE(owners.learn(kSlot, {1, {3, 0}}));
  EXPECT_FALSE(owners.learn(kSlot, {2, {3, 0}})) << "that is no news";
  EXPECT_FALSE(owners.learn(kSlot, {2, {2, 9}})) << "that is older";
  EXPECT_TRUE(owners.learn(kSlot, {2, {3, 1}}));
  EXPECT_EQ(owners.heard(kSlot).node, 2);
}

TEST(KnownOwners, WhoWasThoughtToOwnASlotMayBeTakenBack) {
  KnownOwners owners;
  owners.learn(kSlot, {1, {3, 0}});
  owners.put(kSlot, {});
  EXPECT_FALSE(owners.heard(kSlot).known());
  EXPECT_EQ(owners.heard_of(1), 0U);
}

TEST(KnownOwners, WhatOthersTellOfALaterOwnerIsKeptApart) {
  KnownOwners owners;
  owners.learn(kSlot, {1, {3, 0}});
  owners.told(kSlot, {2, {4, 0}});
  owners.told(kSlot, {0, {3, 5}});
  EXPECT_EQ(owners.heard(kSlot).node, 1) << "commands go to whoever was heard";
  EXPECT_EQ(owners.latest(kSlot).node, 2);
  EXPECT_EQ(owners.shown(kSlot).node, 2);
  owners.learn(kSlot, {3, {5, 0}});
  EXPECT_EQ(owners.latest(kSlot).node, 3);
}

TEST(KnownOwners, ARestartSaysNothingOfWhoOwnsASlot) {
  KnownOwners owners;
  owners.learn(kSlot, {1, {3, 0}});
  owners.told(kSlot, {2, {3, 1}});
  EXPECT_EQ(owners.latest(kSlot).node, 2);
  EXPECT_EQ(owners.shown(kSlot).node, 1);
}

TEST(KnownOwners, EachSlotIsCountedOnceForTheOwnerThatIsShown) {
  KnownOwners owners;
  owners.learn(1, {0, {1, 0}});
  owners.learn(2, {0, {1, 0}});
  owners.learn(3, {1, {1, 0}});
  owners.told(2, {1, {2, 0}});  // who was heard of it before has it no more
  owners.told(4, {1, {1, 0}});  // of which nobody was heard
  owners.told(3, {0, {1, 9}});  // a restart
  EXPECT_EQ(owners.shown_of(0), 1U);
  EXPECT_EQ(owners.shown_of(1), 3U);
  EXPECT_EQ(owners.shown_of(2), 0U);
  EXPECT_EQ(owners.heard_of(0), 2U);
  EXPECT_EQ(owners.heard_of(2), 0U);
  owners.put(2, {});             // so does what was told of it stand alone
  owners.learn(4, {2, {1, 0}});  // no later than what was told of it
  owners.learn(4, {2, {2, 0}});
  EXPECT_EQ(owners.shown_of(0), 1U);
  EXPECT_EQ(owners.shown_of(1), 2U);
  EXPECT_EQ(owners.shown_of(2), 1U);
}

}  // namespace
}  // namespace limpet::ownership
