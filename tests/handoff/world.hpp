// World: some slots, a few nodes that give them to each other, and everything that can go wrong, by seed.
//
// The machines and rules are the real ones; time, network and disks are simulated. Messages are lost, come
// twice, late and in any order; nodes crash, and lose what was not synced; each reads the views (who should
// have which slot) when it pleases. Clients write to whoever serves a slot, and remember what was
// acknowledged.
//
// After every step, of every slot: at most one node serves it, at the highest term that was ever written,
// with every acknowledged write.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <limpet/handoff/hand_overs.hpp>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace limpet::handoff {

struct WorldOptions {
  std::uint64_t seed = 0;
  unsigned nodes = 3;
  unsigned views = 4;      // who should have what, one after the other
  unsigned steps = 3'000;  // in which things go wrong
  unsigned crashes = 3;
  unsigned in_order = 90;  // per cent of the messages that come in the order in which they were sent
  unsigned large_keys = 0;
};

class World {
 public:
  static constexpr unsigned kUids = 3;

  explicit World(const WorldOptions& options);
  ~World();

  // Goes through the steps, then lets nothing go wrong any more until every slot is where the last view wants
  // it. Empty: all was well; else what was not.
  std::string run();

  [[nodiscard]] std::uint64_t hand_overs() const { return hand_overs_; }
  [[nodiscard]] std::uint64_t failures() const { return failures_; }  // tries that came to nothing
  [[nodiscard]] std::uint64_t crashes() const { return crashes_; }
  [[nodiscard]] std::uint64_t acknowledged() const { return acknowledged_; }

 private:
  struct Node;
  struct Post {
    Member from = 0;
    Member to = 0;
    Slot slot = 0;
    bool question = false;
    std::string bytes;
  };
  using Owners = std::array<Member, kUids>;

  [[nodiscard]] std::uint64_t chance(std::uint64_t below) { return random_() % below; }
  void step();
  void act(Node& node);
  void read_view(Node& node);
  void set_rate(Node& node);
  void execute(Node& node);
  void execute_timed(Node& node, unsigned uid);
  void write_a_title(Node& node);
  void sync(Node& node, std::size_t up_to);
  void put_on_disk(Node& node, const WantedTitle& write, std::size_t needs);
  void deliver(std::size_t index, bool keep);
  void lose(std::size_t index);
  void drain(Node& node);
  void start(Node& node);
  void crash(Node& node);
  void note_term(Slot slot, const SlotTitle& title);
  void check();
  void check_values(const Node& node, unsigned uid);
  void check_leftovers();
  [[nodiscard]] bool settled() const;
  void settle();
  void fail(const std::string& what);

  WorldOptions options_;
  std::mt19937_64 random_;
  Now now_{.steady_ms = 1'000'000, .unix_ms = 1'700'000'000'000};
  std::vector<Owners> views_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::deque<Post> net_;
  std::vector<Post> attic_;  // that come again much later
  std::string failure_;
  bool calm_ = false;
  unsigned unseen_ = 0;  // steps since the values were looked at
  bool moved_ = true;    // a slot was served anew since

  // What clients know: the number of the last operation on each key that was acknowledged, and which erased.
  std::map<std::string, std::uint64_t> last_acknowledged_;
  std::map<std::string, std::set<std::uint64_t>> erasures_;
  std::uint64_t operations_ = 0;
  std::map<Slot, Term> highest_term_;

  std::uint64_t hand_overs_ = 0;
  std::uint64_t failures_ = 0;
  std::uint64_t crashes_ = 0;
  std::uint64_t acknowledged_ = 0;
};

}  // namespace limpet::handoff
