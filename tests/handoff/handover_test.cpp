// The real machines and rules of a hand-over among nodes that crash, over a network that loses and reorders.
#include <gtest/gtest.h>

#include "setting.hpp"
#include "world.hpp"

namespace limpet::handoff {
namespace {

// LIMPET_HANDOVER_SEEDS=N runs more of them, LIMPET_HANDOVER_SEED=S that one alone.
struct Sum {
  std::uint64_t hand_overs = 0;
  std::uint64_t failures = 0;
  std::uint64_t crashes = 0;
  std::uint64_t acknowledged = 0;
};

void run_seeds(WorldOptions options, std::uint64_t count, Sum& sum) {
  const std::uint64_t only = setting("LIMPET_HANDOVER_SEED", ~std::uint64_t{0});
  count = only == ~std::uint64_t{0} ? setting("LIMPET_HANDOVER_SEEDS", count) : 1;
  for (std::uint64_t i = 0; i < count; ++i) {
    options.seed = only == ~std::uint64_t{0} ? i : only;
    World world(options);
    ASSERT_EQ(world.run(), "");
    sum.hand_overs += world.hand_overs();
    sum.failures += world.failures();
    sum.crashes += world.crashes();
    sum.acknowledged += world.acknowledged();
  }
  std::printf(
      "    %llu hand-overs, %llu tries that came to nothing, %llu crashes, %llu acknowledged writes\n",
      static_cast<unsigned long long>(sum.hand_overs), static_cast<unsigned long long>(sum.failures),
      static_cast<unsigned long long>(sum.crashes), static_cast<unsigned long long>(sum.acknowledged));
}

TEST(HandOver, KeepsOneOwnerAndEveryAcknowledgedWriteWhateverGoesWrong) {
  Sum sum;
  run_seeds({}, 300, sum);
  if (HasFatalFailure()) return;
  EXPECT_GT(sum.hand_overs, 100U) << "it is tried in vain";
  EXPECT_GT(sum.failures, 100U);
  EXPECT_GT(sum.crashes, 100U);
}

TEST(HandOver, SurvivesANetworkWithoutAnyOrder) {
  Sum sum;
  run_seeds({.nodes = 4, .views = 6, .in_order = 30}, 150, sum);
}

TEST(HandOver, CarriesLargeValuesInPieces) {
  Sum sum;
  run_seeds({.views = 3, .steps = 4'000, .crashes = 1, .in_order = 100, .large_keys = 3}, 60, sum);
}

TEST(HandOver, SucceedsAtOnceWhereNothingGoesWrong) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    World world({.seed = seed, .nodes = 2, .views = 2, .steps = 0, .large_keys = 2});
    EXPECT_EQ(world.run(), "");
    EXPECT_LE(world.hand_overs(), World::kUids);
  }
}

}  // namespace
}  // namespace limpet::handoff
