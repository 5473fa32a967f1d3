// Owner and followers together: whatever happens to links and disks, what is confirmed is there, and in the
// end all copies are what their owner has.
#include <gtest/gtest.h>

#include <cstdlib>

#include "stream_world.hpp"

namespace limpet::replica {
namespace {

using cluster::Acks;

unsigned seeds() {
  const char* const said = std::getenv("LIMPET_STREAM_SEEDS");
  return said != nullptr ? static_cast<unsigned>(std::stoul(said)) : 60;
}

struct Sums {
  std::uint64_t outs = 0;
  std::uint64_t crashes = 0;
  std::uint64_t confirmed = 0;
};

Sums run(WorldOptions options, std::uint64_t first, unsigned count) {
  Sums sums;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    options.seed = seed;
    StreamWorld world(options);
    const std::string wrong = world.run();
    EXPECT_EQ(wrong, "") << "seed " << seed;
    if (!wrong.empty()) break;
    sums.outs += world.outs();
    sums.crashes += world.crashes();
    sums.confirmed += world.confirmed_while_waited_for();
  }
  return sums;
}

TEST(Stream, ACopyIsWhatItsOwnerHasWhateverBecomesOfLinksAndDisks) {
  const Sums sums = run({.policy = {.followers = 1, .acks = Acks::one}}, 1, seeds());
  EXPECT_GT(sums.outs, 0U);
  EXPECT_GT(sums.crashes, 0U);
  EXPECT_GT(sums.confirmed, 0U);
}

TEST(Stream, SoAreTwoOfThreeWithEachKindOfAcks) {
  for (const Acks acks : {Acks::none, Acks::one, Acks::majority, Acks::all})
    run({.nodes = 3, .policy = {.followers = 2, .acks = acks}}, 1'000, seeds() / 4);
}

TEST(Stream, SoIsOneOfLargeValuesBehindALogThatIsTooShort) {
  run({.steps = 600, .policy = {.followers = 1, .acks = Acks::all}, .log_bytes = 2'000, .large = true}, 2'000,
      seeds() / 6);
}

}  // namespace
}  // namespace limpet::replica
