// Clients that count, on a cluster whose links break, stall and come back, by seed.
//
// What has to hold in every run:
//   - each command gets one reply, in its turn, within the forward time-out and some slack
//   - a counter is never below what was acknowledged and never above that plus what is in doubt: nothing
//   acknowledged is
//     lost, nothing is executed twice, and an error that says "it did not happen" is true
//   - once the faults stop, every key is served again
#include <gtest/gtest.h>

#include "counting.hpp"
#include "setting.hpp"

namespace limpet::shard {
namespace {

class World {
 public:
  explicit World(std::uint64_t seed) : cluster_({.nodes = 3, .shards = 2, .seed = seed, .delay_ms_max = 5}) {
    for (unsigned i = 0; i < 6; ++i) counting_.add_client(i % 3);
  }

  void run() {
    for (int step = 0; step < 150; ++step) {
      fault();
      counting_.send_some();
      cluster_.run_for(static_cast<std::int64_t>(cluster_.random(60)));
      counting_.crowd.collect();
    }
    heal();
    // Nothing hangs: the slowest answer is the forward time-out away, for each barrier once.
    cluster_.run_for(6000);
    counting_.crowd.collect();
    counting_.crowd.expect_all_answered();
    for (unsigned node = 0; node < 3; ++node) counting_.check(node);
  }
  [[nodiscard]] std::uint64_t trace() const { return cluster_.trace(); }
  [[nodiscard]] const Counting& counting() const { return counting_; }

 private:
  void fault() {
    const auto a = static_cast<unsigned>(cluster_.random(3));
    const auto b = static_cast<unsigned>((a + 1 + cluster_.random(2)) % 3);
    switch (cluster_.random(12)) {
      case 0:
        cluster_.cut(a, b);
        break;
      case 1:
        cluster_.block(a, b, true);
        break;
      case 2:
      case 3:
        cluster_.block(a, b, false);
        break;
      case 4:
        if (!paused_) cluster_.pause(a);
        if (!paused_) paused_ = a + 1;
        break;
      case 5:
      case 6:
        if (paused_) cluster_.resume(paused_ - 1);
        paused_ = 0;
        break;
      case 7:
        cluster_.run_for(static_cast<std::int64_t>(cluster_.random(3000)));
        break;
      default:
        break;
    }
  }

  void heal() {
    if (paused_) cluster_.resume(paused_ - 1);
    paused_ = 0;
    for (const auto& [a, b] : {std::pair{0U, 1U}, {0U, 2U}, {1U, 2U}}) cluster_.block(a, b, false);
  }

  SimCluster cluster_;
  Counting counting_{cluster_, 24, {"CLUSTERDOWN", "TRYAGAIN"}};
  unsigned paused_ = 0;
};

// LIMPET_SIM_SEEDS and LIMPET_SIM_FIRST_SEED run more of them, or one again.
TEST(RandomFaults, NothingAcknowledgedIsLostAndNothingHappensTwice) {
  const std::uint64_t first = setting("LIMPET_SIM_FIRST_SEED", 1);
  const std::uint64_t seeds = setting("LIMPET_SIM_SEEDS", 60);
  std::int64_t in_doubt = 0;
  std::int64_t refused = 0;
  std::int64_t acknowledged = 0;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed);
    world.run();
    in_doubt += world.counting().crowd.in_doubt;
    refused += world.counting().crowd.refused;
    acknowledged += world.counting().crowd.acknowledged;
    if (HasFailure()) break;
  }
  // The faults are really there.
  if (seeds >= 20) {
    EXPECT_GT(in_doubt, 0);
    EXPECT_GT(refused, 0);
  }
  RecordProperty("acknowledged", std::to_string(acknowledged));
  std::printf("%llu seeds: %lld acknowledged, %lld in doubt, %lld refused\n",
              static_cast<unsigned long long>(seeds), static_cast<long long>(acknowledged),
              static_cast<long long>(in_doubt), static_cast<long long>(refused));
}

TEST(RandomFaults, ASeedReplaysExactly) {
  const auto trace = [](std::uint64_t seed) {
    World world(seed);
    world.run();
    return world.trace();
  };
  EXPECT_EQ(trace(3), trace(3));
  EXPECT_NE(trace(3), trace(4));
}

}  // namespace
}  // namespace limpet::shard
