// Points: where the members stand on the circle of 64-bit hashes, sorted clockwise.
//
// A member of weight w (in thousandths) has 4w points, at the hashes of "name#0", "name#1", ... The slots
// stand on the same circle at even distances, slot s at s * 2^50, so the points between two slots form a
// bucket of their own and what stands behind a slot is found without a search. Two points on one spot, which
// 64 bits make all but impossible, are ordered by name, so the order of the member list never matters.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limpet/base/slot.hpp>
#include <limpet/ring/ring.hpp>
#include <vector>

namespace limpet::ring {

struct Point {
  std::uint64_t at = 0;
  NodeIndex node = kNobody;
};

class Points {
 public:
  explicit Points(const std::vector<Member>& members);

  [[nodiscard]] std::size_t size() const { return points_.size(); }
  [[nodiscard]] const Point& operator[](std::size_t index) const { return points_[index]; }
  // The first point clockwise from where `slot` stands. REQUIRES: size() > 0.
  [[nodiscard]] std::size_t first_from(Slot slot) const { return starts_[slot] < size() ? starts_[slot] : 0; }
  [[nodiscard]] std::size_t after(std::size_t index) const { return index + 1 < size() ? index + 1 : 0; }

 private:
  void sort_into_buckets(const std::vector<Member>& members, const std::vector<Point>& unsorted);

  std::vector<Point> points_;
  std::array<std::uint32_t, kSlots + 1> starts_{};  // of each slot's bucket; the last is the end
};

// All slots, in the fixed order in which they are placed.
[[nodiscard]] std::vector<Slot> visiting_order();

}  // namespace limpet::ring
