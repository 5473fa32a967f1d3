// Clients that count, write and read, on a cluster whose file is edited again and again, whose nodes crash,
// leave and come back, whose links break and stall, whose clocks step and whose disks fail, by seed.
//
// What has to hold in every run:
//   - on the disks a slot is never owned by two nodes
//   - each command gets one reply, in its turn
//   - what one client counts rises with each of its replies: its commands run in their order
//   - a counter is never below what was acknowledged and never above that plus what is in doubt: nothing
//     acknowledged is lost, nothing is executed twice, and an error that says "it did not happen" is true
//   - there is an order of the reads and writes of each key, within their calls and returns, that explains
//   all
//     replies (linearizable.hpp)
//   - a key whose time-out has passed by every clock is gone, one whose time-out has not come is there
//   - once the faults stop, every slot is where the last file wants it, with everything in it
//
// LIMPET_MOVING_SEEDS=N runs more of them, from LIMPET_MOVING_FIRST on, LIMPET_MOVING_SEED=S one.
// scripts/simulate runs very many, on clusters of few slots.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <set>

#include "counting.hpp"
#include "recording.hpp"
#include "setting.hpp"

namespace limpet::shard {
namespace {

constexpr unsigned kCounters = 24;
constexpr unsigned kRegisters = 16;
constexpr std::int64_t kClockStepMsMax = 600'000;
const std::vector<std::string_view> kRefusals = {"CLUSTERDOWN", "TRYAGAIN", "LOADING"};

// Few points on the ring: placing slots is not what is simulated.
constexpr FileNode kPlain{.weight = "0.02"};

SimCluster::Options options_for(std::uint64_t seed) {
  SimCluster::Options options{.nodes = 2 + static_cast<unsigned>(seed % 6),
                              .shards = 1 + static_cast<unsigned>(seed % 2),
                              .seed = seed,
                              .delay_ms_max = 5};
  options.moves = options.journal = true;
  // Every third world has a rate for what it gives away.
  options.handover_rate = seed % 3 == 0 ? 20'000 : 0;
  options.started = std::min(options.nodes, 2 + static_cast<unsigned>(seed / 6 % 3));
  std::vector<FileNode> nodes(options.nodes, kPlain);
  for (unsigned i = options.started; i < options.nodes; ++i) nodes[i].listed = false;
  options.files.assign(options.nodes, cluster_text(nodes, 1));
  return options;
}

// How often each has happened.
struct Faults {
  std::uint64_t edits = 0;
  std::uint64_t crashes = 0;
  std::uint64_t cuts = 0;
  std::uint64_t blocks = 0;
  std::uint64_t one_way_blocks = 0;
  std::uint64_t pauses = 0;
  std::uint64_t leaves = 0;
  std::uint64_t clock_steps = 0;
  std::uint64_t failed_disks = 0;

  void add(const Faults& other) {
    edits += other.edits;
    crashes += other.crashes;
    cuts += other.cuts;
    blocks += other.blocks;
    one_way_blocks += other.one_way_blocks;
    pauses += other.pauses;
    leaves += other.leaves;
    clock_steps += other.clock_steps;
    failed_disks += other.failed_disks;
  }
  [[nodiscard]] std::string text() const {
    return std::to_string(edits) + " edits, " + std::to_string(crashes) + " crashes, " +
           std::to_string(leaves) + " leaves, " + std::to_string(cuts) + " cuts, " + std::to_string(blocks) +
           " partitions and " + std::to_string(one_way_blocks) + " in one direction, " +
           std::to_string(pauses) + " pauses, " + std::to_string(clock_steps) + " steps of a clock, " +
           std::to_string(failed_disks) + " disks that failed";
  }
};

class World {
 public:
  explicit World(std::uint64_t seed)
      : options_(options_for(seed)),
        cluster_(options_),
        file_(options_.nodes, kPlain),
        newest_(options_.files[0]) {
    for (unsigned i = 0; i < options_.nodes; ++i) file_[i].listed = i < options_.started;
  }

  void run(int steps) {
    ASSERT_TRUE(cluster_.settle(30'000)) << "no first holders";
    for (unsigned i = 0; i < 4; ++i) {
      counting_.add_client(i % options_.started);
      recording_.crowd.add_client(i % options_.started);
    }
    perishing_.crowd.add_client(0);
    for (int step = 0; step < steps; ++step) {
      fault();
      counting_.send_some();
      recording_.send_some();
      if (step % 6 == 0) perishing_.send_some();
      cluster_.run_for(static_cast<std::int64_t>(cluster_.random(80)));
      collect();
      check_owners();
      if (::testing::Test::HasFailure()) return;
    }
    heal();
    const bool settled = cluster_.settle(120'000);
    EXPECT_TRUE(settled) << "slots are not where the last file wants them\n" << tail();
    // By every clock the near time-outs pass, also of keys that were set by one that was far ahead.
    for (unsigned node = 0; node < options_.nodes; ++node) cluster_.set_clock(node, kClockStepMsMax);
    cluster_.run_for(kLongestWaitMs + Perishing::kNearMsMax);
    collect();
    check_owners();
    for (unsigned node = 0; node < options_.nodes; ++node) {
      if (file_[node].listed) check_all(node);
    }
    check_leftovers();
    recording_.check();
  }
  [[nodiscard]] std::uint64_t trace() const { return cluster_.trace(); }
  [[nodiscard]] std::int64_t virtual_ms() const { return cluster_.now_ms(); }
  [[nodiscard]] std::vector<const Crowd*> crowds() const {
    return {&counting_.crowd, &recording_.crowd, &perishing_.crowd};
  }
  [[nodiscard]] std::uint64_t undecided() const { return recording_.undecided; }
  [[nodiscard]] const Faults& faults() const { return faults_; }

 private:
  static constexpr std::int64_t kLongestWaitMs = 6'000;  // of a command

  unsigned any_node() { return static_cast<unsigned>(cluster_.random(options_.nodes)); }

  void collect() {
    for (Crowd* crowd : {&counting_.crowd, &recording_.crowd, &perishing_.crowd}) {
      crowd->collect();
      crowd->reconnect(options_.nodes);
    }
  }

  void check_all(unsigned node) {
    check_knowledge(node);
    counting_.check(node);
    recording_.read_all(node);
    perishing_.check(node);
  }

  void fault() {
    const unsigned a = any_node();
    const unsigned b = (a + 1 + static_cast<unsigned>(cluster_.random(options_.nodes - 1))) % options_.nodes;
    switch (cluster_.random(28)) {
      case 0:
      case 1:
        ++faults_.cuts;
        return cluster_.cut(a, b);
      case 2:
        ++faults_.blocks;
        return cluster_.block(a, b, true);
      case 3:
        ++faults_.one_way_blocks;
        return cluster_.block_way(a, b, true);
      case 4:
      case 5:
      case 6:
        return cluster_.block(a, b, false);
      case 7:
        return pause(a);
      case 8:
      case 9:
        return unpause();
      case 10:
        return cluster_.run_for(static_cast<std::int64_t>(cluster_.random(3'000)));
      case 11:
      case 12:
        return edit();
      case 13:
        return crash(a);
      case 14:
      case 15:
        return restart();
      case 16:
        return leave(a);
      case 17:
        return step_clock(a);
      case 18:
        return cluster_.random(4) == 0 ? fail_disk(a) : reload_one();
      default:
        return reload_one();
    }
  }

  void pause(unsigned node) {
    if (paused_ || !cluster_.alive(node)) return;
    ++faults_.pauses;
    cluster_.pause(node);
    paused_ = node + 1;
  }
  void unpause() {
    if (paused_) cluster_.resume(paused_ - 1);
    paused_ = 0;
  }
  void crash(unsigned node) {
    if (!cluster_.alive(node) || paused_ == node + 1) return;
    ++faults_.crashes;
    cluster_.kill(node);
  }
  void leave(unsigned node) {
    if (!cluster_.alive(node) || paused_ == node + 1) return;
    ++faults_.leaves;
    cluster_.leave(node);
    left_[node] = true;
  }
  void step_clock(unsigned node) {
    ++faults_.clock_steps;
    const auto far = static_cast<std::int64_t>(cluster_.random(2 * kClockStepMsMax));
    cluster_.set_clock(node, far - kClockStepMsMax);
  }
  void fail_disk(unsigned node) {
    if (!cluster_.alive(node)) return;
    ++faults_.failed_disks;
    cluster_.fail_titles(node);
    failed_[node] = true;
  }
  void restart() {
    for (unsigned node = 0; node < options_.nodes; ++node) {
      if (!cluster_.alive(node)) cluster_.start(node);
    }
  }

  // Nodes come and go; each reads of it when it pleases.
  void edit() {
    ++faults_.edits;
    static constexpr std::string_view kWeights[] = {"0.02", "0.02", "0.02", "0.01", "0.04"};
    static constexpr std::string_view kStates[] = {"up", "up", "up", "up", "draining", "down"};
    bool some_are_up = false;
    for (FileNode& node : file_) {
      node.listed = cluster_.random(3) != 0;
      node.weight = kWeights[cluster_.random(std::size(kWeights))];
      node.state = kStates[cluster_.random(std::size(kStates))];
      some_are_up = some_are_up || (node.listed && node.state == "up");
    }
    if (!some_are_up) file_[any_node()] = kPlain;
    newest_ = cluster_text(file_, ++epoch_);
    for (unsigned i = 0; i < options_.nodes; ++i) {
      if (cluster_.random(2) == 0) read_newest(i);
    }
  }
  void read_newest(unsigned node) {
    cluster_.write_file(node, newest_);
    if (cluster_.alive(node)) {
      if (paused_ != node + 1) cluster_.reload(node);
    } else if (file_[node].listed) {
      cluster_.start(node);
    }
  }
  void reload_one() { read_newest(any_node()); }

  void heal() {
    unpause();
    for (unsigned a = 0; a < options_.nodes; ++a) {
      for (unsigned b = a + 1; b < options_.nodes; ++b) cluster_.block(a, b, false);
    }
    for (unsigned node = 0; node < options_.nodes; ++node) cluster_.set_clock(node, 0);
    // Who left comes back by a new start, and so does who cannot write any more.
    for (unsigned node = 0; node < options_.nodes; ++node) {
      if ((left_[node] || failed_[node]) && cluster_.alive(node)) cluster_.kill(node);
    }
    // A node that is down and holds slots is listed again: only so it may start.
    for (unsigned node = 0; node < options_.nodes; ++node) {
      const bool must = !cluster_.alive(node) && holds_something(node);
      file_[node] = {.listed = file_[node].listed || must, .weight = kPlain.weight};
    }
    newest_ = cluster_text(file_, ++epoch_);
    for (unsigned node = 0; node < options_.nodes; ++node) read_newest(node);
    cluster_.run_for(500);
  }

  [[nodiscard]] bool holds_something(unsigned node) const {
    for (unsigned slot = 0; slot < kSlots; ++slot) {
      if (cluster_.disk(node).book.title(static_cast<Slot>(slot)) != handoff::SlotTitle{}) return true;
    }
    return false;
  }

  void check_owners() {
    for (unsigned at = 0; at < kSlots; ++at) {
      const auto slot = static_cast<Slot>(at);
      unsigned owners = 0;
      for (unsigned node = 0; node < options_.nodes; ++node) {
        owners += handoff::owns(cluster_.disk(node).book.title(slot)) ? 1U : 0U;
      }
      ASSERT_LE(owners, 1U) << "slot " << slot << "\n" << tail();
    }
  }

  // Who has given a slot away has kept nothing of it: each key is there once.
  void check_leftovers() {
    for (unsigned node = 0; node < options_.nodes; ++node) {
      if (!file_[node].listed) continue;
      const auto keys = cluster_.ask_for(cluster_.connect(node), "KEYS *");
      ASSERT_TRUE(keys && keys->type == resp::Value::Type::array) << (keys ? keys->text : "no reply");
      std::set<std::string> seen;
      for (const resp::Value& key : keys->elements) {
        EXPECT_TRUE(seen.insert(key.text).second) << key.text << " was left where it has gone from";
      }
      return;
    }
  }
  // Whichever shard of a node a client comes to knows who holds each slot.
  void check_knowledge(unsigned node) {
    const std::map<std::string, std::string> owners = owners_of_counters();
    for (unsigned shard = 0; shard < options_.shards; ++shard) {
      const auto client = cluster_.connect(node);
      for (const auto& [key, owner] : owners) {
        const auto told = cluster_.ask_for(client, "CLUSTER WHERE " + key);
        constexpr std::size_t kOwner = 5;  // its value, behind those of uid and slot
        ASSERT_TRUE(told && told->elements.size() > kOwner) << key;
        EXPECT_EQ(told->elements[kOwner].text, owner) << "n" << node + 1 << " of " << key;
      }
    }
  }
  [[nodiscard]] std::map<std::string, std::string> owners_of_counters() const {
    std::map<std::string, std::string> owners;
    for (unsigned i = 0; i < kCounters; ++i) {
      const std::string key = "{c" + std::to_string(i) + "}:n";
      for (unsigned node = 0; node < options_.nodes; ++node) {
        if (handoff::owns(cluster_.disk(node).book.title(slot_of(key))))
          owners[key] = "n" + std::to_string(node + 1);
      }
    }
    return owners;
  }

  std::string tail() const {
    std::string text;
    for (unsigned node = 0; node < options_.nodes; ++node) {
      const HandoffStats now = cluster_.stats(node).handoff;
      text += "n" + std::to_string(node + 1) + (file_[node].listed ? "" : " (not listed)") + ": " +
              std::to_string(now.slots) + " slots, " + std::to_string(now.to_give) + " to give, " +
              std::to_string(now.giving) + " given, " + std::to_string(now.receiving) + " received, " +
              std::to_string(now.unheld) + " held by nobody\n";
    }
    std::vector<std::string> notes = cluster_.notes();
    // One for each slot would hide the others.
    std::erase_if(notes,
                  [](const std::string& note) { return note.find(" bytes in ") != std::string::npos; });
    for (std::size_t i = notes.size() - std::min<std::size_t>(notes.size(), 60); i < notes.size(); ++i) {
      text += notes[i] + "\n";
    }
    return text;
  }

  const SimCluster::Options options_;
  SimCluster cluster_;
  std::vector<FileNode> file_;
  std::string newest_;
  std::uint64_t epoch_ = 1;
  Counting counting_{cluster_, kCounters, kRefusals};
  Recording recording_{cluster_, kRegisters, kRefusals};
  Perishing perishing_{cluster_, kRefusals};
  Faults faults_;
  unsigned paused_ = 0;
  std::vector<bool> left_ = std::vector<bool>(options_.nodes);    // at any time
  std::vector<bool> failed_ = std::vector<bool>(options_.nodes);  // its disk, at any time
};

constexpr int kSteps = 80;

// What many runs come to.
struct Sum {
  Faults faults;
  std::int64_t acknowledged = 0;
  std::int64_t in_doubt = 0;
  std::int64_t refused = 0;
  std::uint64_t undecided = 0;
  std::int64_t virtual_ms = 0;

  void add(const World& world) {
    faults.add(world.faults());
    for (const Crowd* crowd : world.crowds()) {
      acknowledged += crowd->acknowledged;
      in_doubt += crowd->in_doubt;
      refused += crowd->refused;
    }
    undecided += world.undecided();
    virtual_ms += world.virtual_ms();
  }
  [[nodiscard]] std::string text() const {
    return faults.text() + "; " + std::to_string(acknowledged) + " commands acknowledged, " +
           std::to_string(in_doubt) + " in doubt, " + std::to_string(refused) + " refused; " +
           std::to_string(undecided) + " histories undecided; " + std::to_string(virtual_ms / 1'000) +
           " s of their time";
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
  if (one == 0) {
    EXPECT_GT(sum.acknowledged, 1'000);
    EXPECT_GT(sum.faults.edits, 0U);
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
