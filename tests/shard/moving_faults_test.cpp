// Clients that count, on a cluster whose file is edited again and again, whose nodes crash and come back, and
// whose links break and stall, by seed.
//
// What has to hold in every run:
//   - on the disks a slot is never owned by two nodes
//   - each command gets one reply, in its turn
//   - what one client counts rises with each of its replies: its commands run in their order
//   - a counter is never below what was acknowledged and never above that plus what is in doubt: nothing
//     acknowledged is lost, nothing is executed twice, and an error that says "it did not happen" is true
//   - once the faults stop, every slot is where the last file wants it, with everything in it
//
// LIMPET_MOVING_SEEDS=N runs more of them, LIMPET_MOVING_SEED=S one.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>

#include "counting.hpp"
#include "setting.hpp"

namespace limpet::shard {
namespace {

constexpr unsigned kCounters = 40;

SimCluster::Options options_for(std::uint64_t seed) {
  SimCluster::Options options{.nodes = 2 + static_cast<unsigned>(seed % 6),
                              .shards = 1 + static_cast<unsigned>(seed % 2),
                              .seed = seed,
                              .delay_ms_max = 5};
  options.moves = options.journal = true;
  // Every third world has a rate for what it gives away.
  options.handover_rate = seed % 3 == 0 ? 20'000 : 0;
  options.started = std::min(options.nodes, 2 + static_cast<unsigned>(seed / 6 % 3));
  std::vector<bool> listed(options.nodes);
  std::fill_n(listed.begin(), options.started, true);
  options.files.assign(options.nodes, cluster_text(listed, 1));
  return options;
}

class World {
 public:
  explicit World(std::uint64_t seed)
      : options_(options_for(seed)), cluster_(options_), listed_(options_.nodes), newest_(options_.files[0]) {
    std::fill_n(listed_.begin(), options_.started, true);
  }

  void run(int steps) {
    ASSERT_TRUE(cluster_.settle(30'000)) << "no first holders";
    for (unsigned i = 0; i < 6; ++i) counting_.add_client(i % options_.started);
    for (int step = 0; step < steps; ++step) {
      fault();
      counting_.send_some();
      cluster_.run_for(static_cast<std::int64_t>(cluster_.random(80)));
      counting_.collect();
      counting_.reconnect(options_.nodes);
      check_owners();
      if (::testing::Test::HasFailure()) return;
    }
    heal();
    const bool settled = cluster_.settle(120'000);
    EXPECT_TRUE(settled) << "slots are not where the last file wants them\n" << tail();
    cluster_.run_for(6'000);
    counting_.collect();
    counting_.reconnect(options_.nodes);
    check_owners();
    for (unsigned node = 0; node < options_.nodes; ++node) {
      if (listed_[node]) check_knowledge(node);
    }
    for (unsigned node = 0; node < options_.nodes; ++node) {
      if (listed_[node]) counting_.check(node);
    }
  }
  [[nodiscard]] std::uint64_t trace() const { return cluster_.trace(); }
  [[nodiscard]] const Counting& counting() const { return counting_; }
  std::uint64_t edits = 0;
  std::uint64_t crashes = 0;

 private:
  unsigned any_node() { return static_cast<unsigned>(cluster_.random(options_.nodes)); }

  void fault() {
    const unsigned a = any_node();
    const unsigned b = (a + 1 + static_cast<unsigned>(cluster_.random(options_.nodes - 1))) % options_.nodes;
    switch (cluster_.random(25)) {
      case 0:
      case 1:
        return cluster_.cut(a, b);
      case 2:
        return cluster_.block(a, b, true);
      case 3:
      case 4:
        return cluster_.block(a, b, false);
      case 5:
        return pause(a);
      case 6:
      case 7:
        return unpause();
      case 8:
        return cluster_.run_for(static_cast<std::int64_t>(cluster_.random(3'000)));
      case 9:
      case 10:
        return edit();
      case 11:
        return crash(a);
      case 12:
      case 13:
        return restart();
      case 14:
        return leave(a);
      default:
        return reload_one();
    }
  }

  void pause(unsigned node) {
    if (paused_ || !cluster_.alive(node)) return;
    cluster_.pause(node);
    paused_ = node + 1;
  }
  void unpause() {
    if (paused_) cluster_.resume(paused_ - 1);
    paused_ = 0;
  }
  void crash(unsigned node) {
    if (!cluster_.alive(node) || paused_ == node + 1) return;
    ++crashes;
    cluster_.kill(node);
  }
  void leave(unsigned node) {
    if (!cluster_.alive(node) || paused_ == node + 1) return;
    cluster_.leave(node);
    left_[node] = true;
  }
  void restart() {
    for (unsigned node = 0; node < options_.nodes; ++node) {
      if (!cluster_.alive(node)) cluster_.start(node);
    }
  }

  // Nodes come and go; each reads of it when it pleases.
  void edit() {
    std::vector<bool> next = listed_;
    for (unsigned i = 0; i < options_.nodes; ++i) next[i] = cluster_.random(3) != 0;
    if (std::count(next.begin(), next.end(), true) == 0) return;
    ++edits;
    listed_ = next;
    newest_ = cluster_text(listed_, ++epoch_);
    for (unsigned i = 0; i < options_.nodes; ++i) {
      if (cluster_.random(2) == 0) read_newest(i);
    }
  }
  void read_newest(unsigned node) {
    cluster_.write_file(node, newest_);
    if (cluster_.alive(node)) {
      if (paused_ != node + 1) cluster_.reload(node);
    } else if (listed_[node]) {
      cluster_.start(node);
    }
  }
  void reload_one() { read_newest(any_node()); }

  void heal() {
    unpause();
    for (unsigned a = 0; a < options_.nodes; ++a) {
      for (unsigned b = a + 1; b < options_.nodes; ++b) cluster_.block(a, b, false);
    }
    // Who left comes back by a new start.
    for (unsigned node = 0; node < options_.nodes; ++node) {
      if (left_[node] && cluster_.alive(node)) cluster_.kill(node);
    }
    // A node that is down and holds slots is listed again: only so it may start.
    for (unsigned node = 0; node < options_.nodes; ++node) {
      if (!cluster_.alive(node) && holds_something(node)) listed_[node] = true;
    }
    newest_ = cluster_text(listed_, ++epoch_);
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
      text += "n" + std::to_string(node + 1) + (listed_[node] ? "" : " (not listed)") + ": " +
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
  std::vector<bool> listed_;
  std::string newest_;
  std::uint64_t epoch_ = 1;
  Counting counting_{cluster_, kCounters, {"CLUSTERDOWN", "TRYAGAIN", "LOADING"}};
  unsigned paused_ = 0;
  std::vector<bool> left_ = std::vector<bool>(options_.nodes);  // at any time
};

constexpr int kSteps = 120;

TEST(MovingFaults, NothingAcknowledgedIsLostAndNoSlotHasTwoOwners) {
  const std::uint64_t one = setting("LIMPET_MOVING_SEED", 0);
  const std::uint64_t first = one != 0 ? one : setting("LIMPET_MOVING_FIRST", 1);
  const std::uint64_t count = one != 0 ? 1 : setting("LIMPET_MOVING_SEEDS", 8);
  std::int64_t acknowledged = 0;
  std::int64_t in_doubt = 0;
  std::int64_t refused = 0;
  std::uint64_t edits = 0;
  std::uint64_t crashes = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    World world(seed);
    world.run(kSteps);
    acknowledged += world.counting().acknowledged;
    in_doubt += world.counting().in_doubt;
    refused += world.counting().refused;
    edits += world.edits;
    crashes += world.crashes;
    if (::testing::Test::HasFailure()) FAIL() << "LIMPET_MOVING_SEED=" << seed << " runs this one again";
  }
  std::cout << count << " seeds: " << edits << " edits, " << crashes << " crashes, " << acknowledged
            << " acknowledged, " << in_doubt << " in doubt, " << refused << " refused\n";
  if (one == 0) {
    EXPECT_GT(acknowledged, 1'000);
    EXPECT_GT(edits, 0U);
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
