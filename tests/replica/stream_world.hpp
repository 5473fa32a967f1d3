// A world of one owner and its followers, by seed: a store that lives through random operations, what it
// sends, links that are lost, followers that lose what is not on their disks, that are full, slow, or follow
// something else.
//
// After every step: what the owner holds for confirmed is on the disks of as many followers as it waits for.
#pragma once

#include <deque>
#include <limpet/replica/copies.hpp>
#include <limpet/replica/leader.hpp>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "../store/random_store.hpp"
#include "keeper.hpp"

namespace limpet::replica {

struct WorldOptions {
  std::uint64_t seed = 0;
  unsigned nodes = 2;  // that follow
  unsigned steps = 2'000;
  cluster::CopiesPolicy policy{.followers = 1, .acks = cluster::Acks::one};
  std::size_t log_bytes = std::size_t{1} << 20;
  bool large = false;
};

class StreamWorld final : public OwnSlots {
 public:
  explicit StreamWorld(const WorldOptions& options);
  // Empty: all was well; else what was not.
  std::string run();

  [[nodiscard]] std::uint64_t outs() const { return outs_; }
  [[nodiscard]] std::uint64_t crashes() const { return crashes_; }
  [[nodiscard]] std::uint64_t confirmed_while_waited_for() const { return confirmed_; }

 private:
  struct Shard {
    TestKeeper keeper;
    std::optional<Copies> copies;
    struct Piece {
      std::uint64_t stream = 0;
      std::uint64_t begin = 0;
      std::string bytes;
    };
    std::deque<Piece> coming;
    std::deque<Piece> late;  // of a link that is gone
  };
  struct Node {
    std::vector<std::unique_ptr<Shard>> shards;
    bool up = false;                                         // the owner's link to it
    bool back = false;                                       // its own to the owner
    std::deque<std::pair<std::uint16_t, std::string>> said;  // shard, followed
  };
  struct Change {
    Slot slot = 0;
    LastChange made{};
    Lsn end = 0;
    FollowerSet followers{};
    unsigned wanted = 0;
  };

  [[nodiscard]] Term term(Slot) const override { return term_; }
  [[nodiscard]] LastChange last(Slot slot) const override { return writer_.last(slot); }
  [[nodiscard]] journal::SlotVersion version(Slot slot) const override { return writer_.version(slot); }

  std::size_t below(std::size_t end) { return random_() % end; }
  Now now() const { return {.steady_ms = now_ms_, .unix_ms = TestKeeper::kNow}; }
  void operate();
  void go_on();
  void look();
  void deliver(unsigned node);
  void speak(unsigned node);
  void go_wrong();
  void link(unsigned node);
  void lose_link(unsigned node);
  void crash(unsigned node);
  void follow_anew(Slot slot);
  void check_confirmed();
  void settle();
  std::string compare();

  WorldOptions options_;
  std::mt19937_64 random_;
  journal::Writer writer_{9, 3};
  store::RandomStore own_;
  std::optional<store::CopyScope> copying_;
  Leader leader_;
  Term term_{5, 0};
  std::vector<Node> nodes_;
  std::set<Slot> slots_;
  std::map<Slot, FollowerSet> followers_;
  std::deque<Change> unconfirmed_;
  std::int64_t now_ms_ = 1'000'000;
  std::string wrong_;
  std::uint64_t outs_ = 0;
  std::uint64_t crashes_ = 0;
  std::uint64_t confirmed_ = 0;
};

}  // namespace limpet::replica
