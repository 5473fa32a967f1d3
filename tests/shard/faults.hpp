// Faults: what happens to a simulated cluster at random, one after the other: its file is edited, nodes
// crash, leave and come back, links break, stall and become slow, clocks step, disks fill, fail, are lost and
// put back.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kinds.hpp"
#include "sim_cluster.hpp"

namespace limpet::shard {

// Few points on the ring: placing slots is not what is simulated.
inline constexpr FileNode kPlainNode{.weight = "0.02"};

// A key that lives there.
[[nodiscard]] const std::string& key_of_slot(Slot slot);

class Faults {
 public:
  // Time passes, and clients do what they do.
  using Pass = std::function<void(std::int64_t ms)>;
  // Sessions may have gone, or those of the past may be back. What may be there of a key from now on, beside
  // what was: kNoValue for nothing.
  using Lost =
      std::function<void(const std::function<std::vector<std::string>(std::string_view key)>& values)>;

  Faults(SimCluster& cluster, const SimCluster::Options& options, const Kinds& kinds, Pass pass, Lost lost);

  void strike();
  // The end of all of them: every node that is to be there is.
  void heal();

  [[nodiscard]] bool listed(unsigned node) const { return file_[node].listed; }
  // It is to hold slots, by the last file.
  [[nodiscard]] bool is_to_hold(unsigned node) const {
    return file_[node].listed && file_[node].state == "up" &&
           file_[node].weight.find_first_not_of("0.") != std::string_view::npos;
  }
  // Its disk may say what is no longer so.
  [[nodiscard]] bool is_of_the_past(unsigned node);
  // A claim is under way.
  [[nodiscard]] bool claims() const { return gone_.has_value(); }
  [[nodiscard]] const std::map<std::string_view, std::uint64_t>& counts() const { return counts_; }

  static constexpr std::int64_t kClockStepMsMax = 600'000;

 private:
  struct Row {
    std::string_view name;
    unsigned weight;
    void (Faults::*strike)();
    std::optional<WorldKind> kind = std::nullopt;  // of the worlds that have it; none: all of them
  };
  static const std::vector<Row>& rows();

  // ---- faults.cpp: each returns without having done anything if it cannot ----
  void cut();
  void block();
  void block_one_way();
  void unblock();
  void pause();
  void resume();
  void wait();
  void edit();
  void crash();
  void restart();
  void leave();
  void step_clock();
  void fail_disk();
  void reload_one();
  void be_late();
  void be_in_time();
  void fill_disk();
  void empty_disk();
  void kill_at_a_moment();

  // ---- lost_disks.cpp ----
  void copy_disk();
  void put_disk_back();
  void lose_disk();
  void change_journal();
  void claim(unsigned gone);
  void let_all_talk();
  [[nodiscard]] bool owned_by_another(unsigned node, Slot slot) const;
  // `back`: what its disk says is there again.
  void may_be_lost(unsigned node, const std::function<bool(Slot)>& at_risk, bool back);

  unsigned any_node() { return static_cast<unsigned>(cluster_.random(options_.nodes)); }
  [[nodiscard]] std::pair<unsigned, unsigned> any_two();
  [[nodiscard]] bool holds_something(unsigned node) const;
  void start(unsigned node);
  void kill(unsigned node);
  void publish();  // the file as it is from now on; nodes have not read it
  void read_newest(unsigned node);

  SimCluster& cluster_;
  const SimCluster::Options& options_;
  const Kinds& kinds_;
  Pass pass_;
  Lost lost_;
  std::vector<FileNode> file_;
  std::string newest_;
  std::uint64_t epoch_ = 1;
  std::map<std::string_view, std::uint64_t> counts_;
  unsigned paused_ = 0;        // a node, from 1
  std::vector<bool> left_;     // at any time
  std::vector<bool> failed_;   // its disk, at any time
  std::vector<bool> past_;     // a disk of the past was put back
  std::vector<bool> without_;  // it runs, or ran last, without a journal
  std::vector<std::optional<SimDisk>> copies_;
  std::optional<unsigned> gone_;  // its disk is lost, and not all that it held is claimed
};

}  // namespace limpet::shard
