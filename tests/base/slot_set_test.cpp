#include <gtest/gtest.h>

#include <limpet/base/slot_set.hpp>
#include <string>
#include <vector>

namespace limpet {
namespace {

TEST(SlotSet, HasWhatWasAdded) {
  SlotSet set;
  EXPECT_TRUE(set.empty());
  set.add(0);
  set.add(kSlots - 1);
  EXPECT_TRUE(set.has(0) && set.has(kSlots - 1));
  EXPECT_FALSE(set.has(1));
  EXPECT_EQ(set.size(), 2U);
  EXPECT_EQ(set.first_absent(0, kSlots), 1U);
  EXPECT_EQ(SlotSet::all().first_absent(0, kSlots), kSlots);
}

TEST(SlotSet, IsTakenApartAndPutTogether) {
  SlotSet set;
  for (const Slot slot : {Slot{3}, Slot{9}, Slot{100}}) set.add(slot);
  SlotSet nine;
  nine.add(9);
  SlotSet others = set;
  others -= nine;
  EXPECT_FALSE(others.has(9));
  others |= nine;
  EXPECT_EQ(others, set);
  others &= nine;
  EXPECT_EQ(others, nine);
  std::vector<Slot> seen;
  set.each([&](Slot slot) { seen.push_back(slot); });
  EXPECT_EQ(seen, (std::vector<Slot>{3, 9, 100}));
}

TEST(SlotSet, ComesBackFromItsBytesAndFromPartOfThem) {
  SlotSet set;
  for (const Slot slot : {Slot{13}, Slot{21}, Slot{40}}) set.add(slot);
  EXPECT_EQ(SlotSet::read(set.bytes()), set);
  EXPECT_EQ(set.bytes().size(), SlotSet::kBytes);
  EXPECT_EQ(set.bytes(13, 41).size(), 5U);
  EXPECT_EQ(SlotSet::read(set.bytes(13, 41), 13), set);
  EXPECT_EQ(SlotSet::read("", 13), SlotSet{});
}

TEST(SlotSet, MoreBytesThanThereAreSlotsAreNone) {
  EXPECT_FALSE(SlotSet::read(std::string(SlotSet::kBytes + 1, 'x')));
  EXPECT_FALSE(SlotSet::read(std::string(SlotSet::kBytes, 'x'), 8));
  EXPECT_FALSE(SlotSet::read("", kSlots));
}

}  // namespace
}  // namespace limpet
