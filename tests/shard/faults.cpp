#include "faults.hpp"

#include <limpet/base/assert.hpp>
#include <utility>

namespace limpet::shard {

const std::string& key_of_slot(Slot slot) {
  static const std::vector<std::string> keys = [] {
    std::vector<std::string> found(kSlots);
    unsigned missing = kSlots;
    for (unsigned i = 0; missing > 0; ++i) {
      const std::string key = "slot" + std::to_string(i);
      if (!found[slot_of(key)].empty()) continue;
      found[slot_of(key)] = key;
      --missing;
    }
    return found;
  }();
  return keys[slot];
}

const std::vector<Faults::Row>& Faults::rows() {
  static const std::vector<Row> rows = {
      {"cuts", 8, &Faults::cut},
      {"partitions", 4, &Faults::block},
      {"partitions in one direction", 4, &Faults::block_one_way},
      {"", 12, &Faults::unblock},
      {"pauses", 4, &Faults::pause},
      {"", 8, &Faults::resume},
      {"", 4, &Faults::wait},
      {"edits", 8, &Faults::edit},
      {"crashes", 4, &Faults::crash},
      {"", 8, &Faults::restart},
      {"leaves", 4, &Faults::leave},
      {"steps of a clock", 4, &Faults::step_clock},
      {"disks that failed", 1, &Faults::fail_disk},
      {"", 39, &Faults::reload_one},
      {"late links", 6, &Faults::be_late, WorldKind::late_links},
      {"", 4, &Faults::be_in_time, WorldKind::late_links},
      {"full disks", 4, &Faults::fill_disk, WorldKind::full_disks},
      {"", 8, &Faults::empty_disk, WorldKind::full_disks},
      {"kills at a moment", 4, &Faults::kill_at_a_moment, WorldKind::kill_points},
      {"", 6, &Faults::copy_disk, WorldKind::old_disks},
      {"old disks", 3, &Faults::put_disk_back, WorldKind::old_disks},
      {"lost disks", 3, &Faults::lose_disk, WorldKind::claims},
      {"restarts with another durability", 8, &Faults::change_journal, WorldKind::no_journal},
  };
  return rows;
}

Faults::Faults(SimCluster& cluster, const SimCluster::Options& options, const Kinds& kinds, Pass pass,
               Lost lost)
    : cluster_(cluster),
      options_(options),
      kinds_(kinds),
      pass_(std::move(pass)),
      lost_(std::move(lost)),
      file_(options.nodes, kPlainNode),
      newest_(options.files[0]),
      left_(options.nodes),
      failed_(options.nodes),
      past_(options.nodes),
      without_(options.nodes),
      copies_(options.nodes) {
  for (unsigned i = 0; i < options_.nodes; ++i) file_[i].listed = i < options_.started;
  for (const Row& row : rows()) {
    if (!row.name.empty()) counts_[row.name] = 0;
  }
}

void Faults::strike() {
  unsigned sum = 0;
  for (const Row& row : rows()) sum += !row.kind || kinds_.has(*row.kind) ? row.weight : 0;
  std::uint64_t left = cluster_.random(sum);
  for (const Row& row : rows()) {
    if (row.kind && !kinds_.has(*row.kind)) continue;
    if (left < row.weight) return (this->*row.strike)();
    left -= row.weight;
  }
}

std::pair<unsigned, unsigned> Faults::any_two() {
  const unsigned a = any_node();
  return {a, (a + 1 + static_cast<unsigned>(cluster_.random(options_.nodes - 1))) % options_.nodes};
}

// ---- Links ----

void Faults::cut() {
  const auto [a, b] = any_two();
  ++counts_["cuts"];
  cluster_.cut(a, b);
}
void Faults::block() {
  const auto [a, b] = any_two();
  ++counts_["partitions"];
  cluster_.block(a, b, true);
}
void Faults::block_one_way() {
  const auto [a, b] = any_two();
  ++counts_["partitions in one direction"];
  cluster_.block_way(a, b, true);
}
void Faults::unblock() {
  const auto [a, b] = any_two();
  cluster_.block(a, b, false);
}
void Faults::be_late() {
  constexpr std::uint64_t kLeastMs = 10;
  constexpr std::uint64_t kMostMs = 300;
  const auto [a, b] = any_two();
  ++counts_["late links"];
  cluster_.make_late(a, b, static_cast<std::int64_t>(kLeastMs + cluster_.random(kMostMs - kLeastMs + 1)));
}
void Faults::be_in_time() {
  const auto [a, b] = any_two();
  cluster_.make_late(a, b, 0);
}

// ---- Nodes ----

void Faults::pause() {
  const unsigned node = any_node();
  if (paused_ || !cluster_.alive(node)) return;
  ++counts_["pauses"];
  cluster_.pause(node);
  paused_ = node + 1;
}
void Faults::resume() {
  if (paused_) cluster_.resume(paused_ - 1);
  paused_ = 0;
}
void Faults::wait() { cluster_.run_for(static_cast<std::int64_t>(cluster_.random(3'000))); }

void Faults::kill(unsigned node) {
  if (paused_ == node + 1) resume();
  if (cluster_.alive(node)) cluster_.kill(node);
}
void Faults::start(unsigned node) {
  if (cluster_.alive(node) || gone_ == node) return;
  if (kinds_.has(WorldKind::no_journal)) {
    const bool had_none = without_[node];
    without_[node] = !cluster_.keeps_journal(node);
    if (had_none || without_[node]) {
      // What it was promised it takes, and has nothing of it.
      const auto at_risk = [&](Slot slot) {
        return cluster_.disk(node).book.title(slot).promise.has_value() || !owned_by_another(node, slot);
      };
      may_be_lost(node, at_risk, false);
    }
  }
  cluster_.start(node);
}
void Faults::crash() {
  const unsigned node = any_node();
  if (!cluster_.alive(node) || paused_ == node + 1) return;
  ++counts_["crashes"];
  cluster_.kill(node);
}
void Faults::restart() {
  for (unsigned node = 0; node < options_.nodes; ++node) start(node);
}
void Faults::leave() {
  const unsigned node = any_node();
  if (!cluster_.alive(node) || paused_ == node + 1) return;
  ++counts_["leaves"];
  cluster_.leave(node);
  left_[node] = true;
}
void Faults::kill_at_a_moment() {
  const unsigned node = any_node();
  if (!cluster_.alive(node)) return;
  ++counts_["kills at a moment"];
  cluster_.kill_at(node, handoff::kCrashPoints[cluster_.random(handoff::kCrashPoints.size())],
                   1 + static_cast<unsigned>(cluster_.random(3)));
}
void Faults::step_clock() {
  ++counts_["steps of a clock"];
  const auto far = static_cast<std::int64_t>(cluster_.random(2 * kClockStepMsMax));
  cluster_.set_clock(any_node(), far - kClockStepMsMax);
}

// ---- Disks ----

void Faults::fail_disk() {
  const unsigned node = any_node();
  if (!cluster_.alive(node)) return;
  ++counts_["disks that failed"];
  cluster_.fail_titles(node);
  failed_[node] = true;
}
void Faults::fill_disk() {
  ++counts_["full disks"];
  cluster_.fill_disk(any_node(), true);
}
void Faults::empty_disk() {
  for (unsigned node = 0; node < options_.nodes; ++node) cluster_.fill_disk(node, false);
}

// ---- The file ----

// Nodes come and go; each reads of it when it pleases.
void Faults::edit() {
  ++counts_["edits"];
  static constexpr std::string_view kWeights[] = {"0.02", "0.02", "0.02", "0.01", "0.04"};
  static constexpr std::string_view kStates[] = {"up", "up", "up", "up", "draining", "down"};
  bool some_are_up = false;
  for (FileNode& node : file_) {
    node.listed = cluster_.random(3) != 0;
    node.weight = kWeights[cluster_.random(std::size(kWeights))];
    node.state = kStates[cluster_.random(std::size(kStates))];
    some_are_up = some_are_up || (node.listed && node.state == "up");
  }
  if (!some_are_up) file_[any_node()] = kPlainNode;
  publish();
  for (unsigned i = 0; i < options_.nodes; ++i) {
    if (cluster_.random(2) == 0) read_newest(i);
  }
}

void Faults::publish() { newest_ = cluster_text(file_, ++epoch_); }

void Faults::read_newest(unsigned node) {
  cluster_.write_file(node, newest_);
  if (cluster_.alive(node)) {
    if (paused_ != node + 1) cluster_.reload(node);
  } else if (file_[node].listed) {
    start(node);
  }
}
void Faults::reload_one() { read_newest(any_node()); }

// ---- The end of it ----

bool Faults::holds_something(unsigned node) const {
  for (unsigned slot = 0; slot < kSlots; ++slot) {
    if (cluster_.disk(node).book.title(static_cast<Slot>(slot)) != handoff::SlotTitle{}) return true;
  }
  return false;
}

// Nothing is between any two nodes any more, and nobody dies by himself.
void Faults::let_all_talk() {
  resume();
  empty_disk();
  for (unsigned node = 0; node < options_.nodes; ++node) cluster_.spare(node);
  for (unsigned a = 0; a < options_.nodes; ++a) {
    for (unsigned b = a + 1; b < options_.nodes; ++b) {
      cluster_.block(a, b, false);
      cluster_.make_late(a, b, 0);
      cluster_.make_late(b, a, 0);
    }
  }
}

void Faults::heal() {
  let_all_talk();
  for (unsigned node = 0; node < options_.nodes; ++node) cluster_.set_clock(node, 0);
  // Who left comes back by a new start, and so does who cannot write any more.
  for (unsigned node = 0; node < options_.nodes; ++node) {
    if (left_[node] || failed_[node]) kill(node);
  }
  if (gone_) claim(*gone_);
  // A node that is down and holds slots is listed again: only so it may start.
  for (unsigned node = 0; node < options_.nodes; ++node) {
    const bool must = !cluster_.alive(node) && holds_something(node);
    file_[node] = {.listed = file_[node].listed || must, .weight = kPlainNode.weight};
  }
  publish();
  for (unsigned node = 0; node < options_.nodes; ++node) read_newest(node);
  cluster_.run_for(500);
}

}  // namespace limpet::shard
