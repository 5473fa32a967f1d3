#include <gtest/gtest.h>

#include <limpet/clients/slot_wait.hpp>

namespace limpet::clients {
namespace {

using Verdict = SlotWait::Verdict;

constexpr std::int64_t kPatience = 1'000;
constexpr Now after(std::int64_t ms) { return {.steady_ms = ms}; }

TEST(SlotWait, BeginsOnceForASlot) {
  SlotWait wait;
  EXPECT_EQ(wait.wait(7, true, kPatience, after(50)), Verdict::begins);
  EXPECT_EQ(wait.until_ms(), 50 + kPatience);
  EXPECT_EQ(wait.wait(7, true, kPatience, after(90)), Verdict::goes_on);
  EXPECT_EQ(wait.until_ms(), 50 + kPatience);
}

TEST(SlotWait, EndsWhenItsSlotComesAndNotForAnother) {
  SlotWait wait;
  (void)wait.wait(7, true, kPatience, after(50));
  EXPECT_FALSE(wait.came(8));
  EXPECT_TRUE(wait.came(7));
  EXPECT_FALSE(wait.came(7)) << "it waits for none any more";
  EXPECT_EQ(wait.wait(7, true, kPatience, after(60)), Verdict::begins) << "the whole time anew";
  EXPECT_EQ(wait.until_ms(), 60 + kPatience);
}

TEST(SlotWait, IsOverOnceItsTimeIsUp) {
  SlotWait wait;
  (void)wait.wait(7, false, kPatience, after(50));
  wait.ran_out();
  EXPECT_EQ(wait.wait(7, false, kPatience, after(50 + kPatience)), Verdict::over);
}

TEST(SlotWait, ThatWasInVainIsNotRepeatedForEachCommandOfAStart) {
  SlotWait wait;
  (void)wait.wait(7, true, kPatience, after(50));
  wait.ran_out();
  EXPECT_EQ(wait.wait(9, true, kPatience, after(50 + kPatience)), Verdict::over) << "of another slot, too";
  EXPECT_EQ(wait.wait(9, true, kPatience, after(50 + 2 * kPatience)), Verdict::begins)
      << "later it is tried again";
}

TEST(SlotWait, ThatWasInVainIsShortForAnotherSlotThatIsOnItsWay) {
  SlotWait wait;
  (void)wait.wait(7, false, kPatience, after(50));
  wait.ran_out();
  EXPECT_EQ(wait.wait(9, false, kPatience, after(50 + kPatience)), Verdict::begins);
  EXPECT_EQ(wait.until_ms(), 50 + kPatience + kLaterWaitMs);
}

}  // namespace
}  // namespace limpet::clients
