// Prints the placement table of docs/placement.md: how even placements are, and how much moves. It checks
// nothing; ring_test holds the bounds.
#include <chrono>
#include <cstdio>
#include <limpet/ring/ring.hpp>

#include "samples.hpp"

namespace {

using namespace limpet::ring;
using namespace limpet::ring::samples;

double milliseconds_to_place(const Members& members) {
  constexpr int kRounds = 5;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kRounds; ++i) (void)place(members);
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count() /
         kRounds;
}

void print_equal_nodes() {
  std::printf("| equal nodes | fewest slots | most slots | room | max/mean | time to place |\n");
  std::printf("|---|---|---|---|---|---|\n");
  for (unsigned count : {1u, 2u, 3u, 4u, 5u, 7u, 10u, 16u, 20u, 32u, 50u, 64u, 75u, 100u}) {
    const Members members = equal(count);
    const Placement placement = place(members);
    const auto slots = slots_of(members, placement);
    const auto [fewest, most] = std::minmax_element(slots.begin(), slots.end());
    std::printf("| %u | %u | %u | %u | %.4f | %.1f ms |\n", count, *fewest, *most, rooms(members)[0],
                max_over_mean(members, placement), milliseconds_to_place(members));
  }
  double worst = 0;
  for (unsigned count = 3; count <= 100; ++count) {
    const Members members = equal(count);
    worst = std::max(worst, max_over_mean(members, place(members)));
  }
  std::printf("\nThe largest max/mean of all counts from 3 to 100: %.4f\n\n", worst);
}

void print_mixed_weights() {
  std::printf("| weights | slots | rooms |\n|---|---|---|\n");
  const std::vector<std::vector<std::uint32_t>> mixed = {
      {1000, 2000}, {1000, 1000, 500}, {500, 1000, 1500, 2000}, {1000, 1000, 1000, 1, 0}};
  for (const auto& weights : mixed) {
    const Members members = weighted(weights);
    const auto print_row = [](const std::vector<std::uint32_t>& row) {
      for (const std::uint32_t slots : row) std::printf(" %u", slots);
      std::printf(" |");
    };
    std::printf("|");
    for (const std::uint32_t weight : weights) std::printf(" %g", weight / 1000.0);
    std::printf(" |");
    print_row(slots_of(members, place(members)));
    print_row(rooms(members));
    std::printf("\n");
  }
  std::printf("\n");
}

// The mean and the worst of several movements.
struct Summary {
  double sum = 0;
  double worst = 0;
  int count = 0;

  void add(double ratio) {
    sum += ratio;
    worst = std::max(worst, ratio);
    ++count;
  }
};

Summary one_comes(unsigned count) {
  Summary summary;
  for (const std::string& prefix : kPrefixes) {
    summary.add(movement(equal(count, prefix), equal(count + 1, prefix)).ratio());
  }
  return summary;
}

Summary one_goes(unsigned count) {
  Summary summary;
  for (const std::string& prefix : kPrefixes) {
    const Members before = equal(count, prefix);
    const Placement was = place(before);
    for (unsigned gone = 0; gone < count; ++gone) {
      const Members after = without(before, gone);
      summary.add(movement(before, was, after, place(after)).ratio());
    }
  }
  return summary;
}

void print_movement() {
  std::printf("| nodes | slots moved when one more comes | least possible | ");
  std::printf("one comes: mean, worst | any one goes: mean, worst |\n|---|---|---|---|---|\n");
  for (unsigned count : {1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u, 9u, 10u, 15u, 20u}) {
    const Movement first = movement(equal(count), equal(count + 1));
    const Summary comes = one_comes(count);
    std::printf("| %u | %u | %u | %.3f, %.3f |", count, first.moved, first.least, comes.sum / comes.count,
                comes.worst);
    if (count == 1) {
      std::printf(" |\n");
      continue;
    }
    const Summary goes = one_goes(count);
    std::printf(" %.3f, %.3f |\n", goes.sum / goes.count, goes.worst);
  }
}

}  // namespace

int main() {
  print_equal_nodes();
  print_mixed_weights();
  print_movement();
  return 0;
}
