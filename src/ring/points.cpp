#include "points.hpp"

#include <algorithm>
#include <bit>
#include <limpet/base/hash.hpp>
#include <limpet/base/number.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace limpet::ring {

namespace {

// With one point a thousandth, taking away one node of ten moved up to 1.11 times the least possible, with
// four 1.06: the more evenly the points share out the circle, the fewer slots meet a full node and go on to
// another.
constexpr std::uint32_t kPointsPerThousandth = 4;

constexpr int kBucketShift = 64 - std::countr_zero(kSlots);
static_assert(std::has_single_bit(kSlots));

// Keeps the order of the slots apart from where points stand.
constexpr std::uint64_t kOrderSeed = 1;

std::size_t bucket_of(std::uint64_t at) { return static_cast<std::size_t>(at >> kBucketShift); }

void append_points(const Member& member, NodeIndex node, std::vector<Point>& points) {
  std::string text = member.name + '#';
  const std::size_t prefix = text.size();
  text.resize(prefix + kIntegerCharsMax);
  const std::uint32_t count = member.weight_thousandths * kPointsPerThousandth;
  for (std::uint32_t i = 0; i < count; ++i) {
    const char* end = write_integer(text.data() + prefix, i);
    points.push_back({hash64({text.data(), static_cast<std::size_t>(end - text.data())}), node});
  }
}

}  // namespace

Points::Points(const std::vector<Member>& members) {
  std::size_t count = 0;
  for (const Member& member : members) count += std::size_t{member.weight_thousandths} * kPointsPerThousandth;
  std::vector<Point> unsorted;
  unsorted.reserve(count);
  for (std::size_t i = 0; i < members.size(); ++i) {
    append_points(members[i], static_cast<NodeIndex>(i), unsorted);
  }
  sort_into_buckets(members, unsorted);
}

void Points::sort_into_buckets(const std::vector<Member>& members, const std::vector<Point>& unsorted) {
  for (const Point& point : unsorted) ++starts_[bucket_of(point.at) + 1];
  for (std::size_t i = 1; i < starts_.size(); ++i) starts_[i] += starts_[i - 1];
  points_.resize(unsorted.size());
  std::array<std::uint32_t, kSlots + 1> next = starts_;
  for (const Point& point : unsorted) points_[next[bucket_of(point.at)]++] = point;
  const auto clockwise = [&members](const Point& a, const Point& b) {
    return a.at != b.at ? a.at < b.at : members[a.node].name < members[b.node].name;
  };
  for (std::size_t i = 0; i < kSlots; ++i) {
    std::sort(points_.begin() + starts_[i], points_.begin() + starts_[i + 1], clockwise);
  }
}

std::vector<Slot> visiting_order() {
  std::vector<std::pair<std::uint64_t, Slot>> keyed;
  keyed.reserve(kSlots);
  for (unsigned slot = 0; slot < kSlots; ++slot) {
    char digits[kIntegerCharsMax];
    const char* end = write_integer(digits, slot);
    const std::string_view text(digits, static_cast<std::size_t>(end - digits));
    keyed.emplace_back(hash64(text, kOrderSeed), static_cast<Slot>(slot));
  }
  std::sort(keyed.begin(), keyed.end());
  std::vector<Slot> order;
  order.reserve(kSlots);
  for (const auto& [key, slot] : keyed) order.push_back(slot);
  return order;
}

}  // namespace limpet::ring
