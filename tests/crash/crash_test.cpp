// A node that crashes at any moment keeps what it has promised. LIMPET_CRASH_SEEDS runs more of these
// stories, LIMPET_CRASH_SEED one of them again, and both together so many from that one on.
#include <gtest/gtest.h>

#include <cstdio>

#include "setting.hpp"
#include "world.hpp"

namespace limpet::crash {
namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr std::uint64_t kSeeds = 20;  // it takes several times as long
#else
constexpr std::uint64_t kSeeds = 80;
#endif

void add(World::Counts& sum, const World::Counts& more) {
  sum.commands += more.commands;
  sum.reads += more.reads;
  sum.kills += more.kills;
  sum.power_failures += more.power_failures;
  sum.stops += more.stops;
  sum.crashes_at_start += more.crashes_at_start;
  sum.snapshots += more.snapshots;
  sum.lost += more.lost;
  sum.lost_shown += more.lost_shown;
}

TEST(Crash, TakesNothingBackThatWasPromised) {
  const std::uint64_t only = setting("LIMPET_CRASH_SEED", 0);
  const std::uint64_t first = only != 0 ? only : 1;
  const std::uint64_t seeds = setting("LIMPET_CRASH_SEEDS", only != 0 ? 1 : kSeeds);
  World::Counts sum;
  std::uint64_t failed = 0;
  for (std::uint64_t seed = first; seed < first + seeds && failed < 5; ++seed) {
    World world(seed);
    world.run();
    add(sum, world.counts());
    if (world.failure().empty()) continue;
    ++failed;
    ADD_FAILURE() << "seed " << seed << " (" << world.describe() << "): " << world.failure()
                  << "\n  again: LIMPET_CRASH_SEED=" << seed << " crash_test --gtest_filter='Crash.Takes*'";
  }
  const auto show = [](std::uint64_t count) { return static_cast<unsigned long long>(count); };
  std::printf(
      "%llu seeds: %llu commands, %llu reads, %llu kills, %llu power failures, %llu stops, "
      "%llu of them at a start, %llu starts from snapshots alone, %llu changes lost of which %llu shown\n",
      show(seeds), show(sum.commands), show(sum.reads), show(sum.kills), show(sum.power_failures),
      show(sum.stops), show(sum.crashes_at_start), show(sum.snapshots), show(sum.lost), show(sum.lost_shown));
  if (seeds < kSeeds || failed != 0) return;
  // The crashes are really there.
  EXPECT_GT(sum.kills, seeds);
  EXPECT_GT(sum.power_failures, seeds);
  EXPECT_GT(sum.crashes_at_start, 0U);
  EXPECT_GT(sum.snapshots, 0U);
  EXPECT_GT(sum.lost_shown, 0U);
}

}  // namespace
}  // namespace limpet::crash
