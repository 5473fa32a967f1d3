// Quorums: how far the changes of a shard are confirmed by as many followers as replies wait for.
//
// Each change waits for so many of the followers that its slot had when it was made. Neighbours that wait for
// the same are one run:
//
//     | run: 2 of {a, b, c} | run: 1 of {a} | run: nobody | run: 1 of {b} |
//     begin                                                               end
//                  ^ confirmed(): everything before it is
//
// A follower that goes out is waited for no more, by nobody. Then a run waits for those that are left, and no
// fewer than `least` are enough: what has too few is stuck, until it is given up.
//
// Owned by a shard, on its thread. It knows no node, no slot and no reply.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limpet/base/limits.hpp>
#include <limpet/base/lsn.hpp>
#include <optional>
#include <vector>

namespace limpet::replica {

// Numbers one who follows; used again once it is out.
using FollowerId = std::uint16_t;

// Those of one slot, in any order.
class FollowerSet {
 public:
  FollowerSet() = default;
  void add(FollowerId follower);  // REQUIRES: it is not there, and there is room
  void remove(FollowerId follower);
  [[nodiscard]] bool has(FollowerId follower) const;
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool is_full() const { return size_ == ids_.size(); }
  [[nodiscard]] const FollowerId* begin() const { return ids_.data(); }
  [[nodiscard]] const FollowerId* end() const { return ids_.data() + size_; }
  friend bool operator==(const FollowerSet& a, const FollowerSet& b);

 private:
  // Those that are to follow it, and as many that are not let go yet.
  std::array<FollowerId, 2 * kFollowersMax> ids_{};
  std::uint8_t size_ = 0;
};

class Quorums {
 public:
  // Everything up to `begin` is confirmed.
  explicit Quorums(Lsn begin = 0) : confirmed_(begin), end_(begin) {}

  // The stream goes on up to `end`, and replies that show that wait for `wanted` of them, at least for
  // `least`.
  void changed(Lsn end, const FollowerSet& followers, unsigned wanted, unsigned least);
  // The follower has all that concerns it up to there; never less than before.
  void confirm(FollowerId follower, Lsn has);
  // Nobody waits for it any more, and its number may be given to another one.
  void out(FollowerId follower);
  // The oldest that is not confirmed never will be, as too few are left: that is what stands behind the one
  // and up to the other, and nobody waits for it any more. Nothing: it may be.
  struct Span {
    Lsn behind = 0;
    Lsn up_to = 0;
    friend bool operator==(const Span&, const Span&) = default;
  };
  [[nodiscard]] std::optional<Span> give_up_stuck();

  [[nodiscard]] Lsn confirmed() const { return confirmed_; }
  [[nodiscard]] Lsn end() const { return end_; }

 private:
  struct Run {
    Lsn end = 0;
    FollowerSet followers{};
    std::uint8_t wanted = 0;
    std::uint8_t least = 0;

    // It waits for so many; more than there are: for ever.
    [[nodiscard]] std::size_t waits_for() const;
  };

  [[nodiscard]] Lsn reached_by(const Run& run) const;
  void count();

  std::deque<Run> runs_;  // of what is not confirmed yet
  std::vector<Lsn> has_;  // by follower
  Lsn confirmed_;
  Lsn end_;
};

}  // namespace limpet::replica
