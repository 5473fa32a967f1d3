// Clients that count, write, read, list and delete, on a cluster whose file is edited again and again, whose
// nodes crash, leave and come back, whose links break, stall and are late, whose clocks step and whose disks
// fail, fill and come back from the past, by seed.
//
// What has to hold in every run:
//   - on the disks a slot is never owned by two nodes
//   - each command gets one reply, in its turn
//   - what one client counts rises with each of its replies: its commands run in their order
//   - a counter is never below what was acknowledged and never above that plus what is in doubt: nothing
//   acknowledged
//     is lost, nothing is executed twice, and an error that says "it did not happen" is true
//   - there is an order of the reads and writes of each key, within their calls and returns, that explains
//   all replies
//     (linearizable.hpp), those of commands over several keys included
//   - of keys that one client alone has to do with each reply follows from those before it (own_keys.hpp)
//   - SCAN, HSCAN and KEYS return what is there throughout (listing.hpp)
//   - a FLUSHALL that was answered with OK leaves nothing that was set before it (flushing.hpp)
//   - a key whose time-out has passed by every clock is gone, one whose time-out has not come is there
//   - where a disk is lost, put back or not read, no session is lost that another node holds (lost_disks.cpp)
//   - once the faults stop, every slot is served, where the last file wants it, with everything in it
//
// LIMPET_MOVING_SEEDS=N runs more of them, from LIMPET_MOVING_FIRST on, LIMPET_MOVING_SEED=S one, and
// LIMPET_MOVING_KINDS those of some kinds (kinds.hpp). scripts/simulate runs very many, on clusters of few
// slots.
#include <gtest/gtest.h>

#include <iostream>

#include "moving_world.hpp"
#include "setting.hpp"

namespace limpet::shard {
namespace {

constexpr int kSteps = 80;

// What many runs come to.
struct Sum {
  std::map<std::string_view, std::uint64_t> faults;
  std::int64_t acknowledged = 0;
  std::int64_t in_doubt = 0;
  std::int64_t refused = 0;
  std::uint64_t walks = 0;
  std::uint64_t flushes = 0;
  std::uint64_t undecided = 0;
  std::int64_t virtual_ms = 0;
  std::uint64_t digests = 0;  // in sum, of each 32 bits

  void add(const World& world) {
    for (const auto& [name, count] : world.faults().counts()) faults[name] += count;
    for (const Crowd* crowd : world.crowds()) {
      acknowledged += crowd->acknowledged;
      in_doubt += crowd->in_doubt;
      refused += crowd->refused;
    }
    walks += world.walks();
    flushes += world.flushes();
    undecided += world.undecided();
    virtual_ms += world.virtual_ms();
    digests += world.trace() >> 32U;
  }
  [[nodiscard]] std::string text() const {
    std::string text;
    for (const auto& [name, count] : faults) {
      text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + std::string(name);
    }
    return text + "; " + std::to_string(acknowledged) + " commands acknowledged, " +
           std::to_string(in_doubt) + " in doubt, " + std::to_string(refused) + " refused; " +
           std::to_string(walks) + " walks over all keys, " + std::to_string(flushes) + " flushes; " +
           std::to_string(undecided) + " histories undecided; " + std::to_string(virtual_ms / 1'000) +
           " s of their time; what they did has the digest " + std::to_string(digests);
  }
};

TEST(MovingFaults, NothingAcknowledgedIsLostAndNoSlotHasTwoOwners) {
  const std::uint64_t one = setting("LIMPET_MOVING_SEED", 0);
  const std::uint64_t first = one != 0 ? one : setting("LIMPET_MOVING_FIRST", 1);
  const std::uint64_t count = one != 0 ? 1 : setting("LIMPET_MOVING_SEEDS", 8);
  constexpr std::uint64_t kTwiceEvery = 100;
  Sum sum;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    World world(seed);
    world.run(kSteps);
    sum.add(world);
    if (seed % kTwiceEvery == 0 && !HasFailure()) {
      World again(seed);
      again.run(kSteps);
      EXPECT_EQ(world.trace(), again.trace()) << "the same seed gives another run";
    }
    if (HasFailure()) FAIL() << "LIMPET_MOVING_SEED=" << seed << " runs this one again";
  }
  std::cout << count << " seeds: " << sum.text() << "\n";
  constexpr std::uint64_t kMany = 8;
  if (count >= kMany) {
    EXPECT_GT(sum.acknowledged, 1'000);
    EXPECT_GT(sum.faults["edits"], 0U);
  }
}

TEST(MovingFaults, TheSameSeedGivesTheSameRun) {
  World first(5);
  World second(5);
  first.run(30);
  second.run(30);
  EXPECT_EQ(first.trace(), second.trace());
}

}  // namespace
}  // namespace limpet::shard
