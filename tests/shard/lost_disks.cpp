// Disks that are lost, put back as they were some time ago, or not read: faults that cost sessions.
#include <algorithm>
#include <string>

#include "faults.hpp"
#include "linearizable.hpp"

namespace limpet::shard {

namespace {

std::string name_of(unsigned node) { return "n" + std::to_string(node + 1); }

// Has the node of this disk given the slot to that one, as far as it knows?
bool ceded_to(const SimDisk& disk, Slot slot, unsigned to) {
  const handoff::Title& title = disk.book.title(slot).title;
  return title.kind == handoff::Title::Kind::ceded && title.to < disk.book.names().size() &&
         disk.book.names()[title.to] == name_of(to);
}

// Was it promised the slot by that node?
bool promised_by(const SimDisk& disk, Slot slot, unsigned by) {
  const auto& promise = disk.book.title(slot).promise;
  return promise && promise->from < disk.book.names().size() &&
         disk.book.names()[promise->from] == name_of(by);
}

}  // namespace

bool Faults::owned_by_another(unsigned node, Slot slot) const {
  for (unsigned other = 0; other < options_.nodes; ++other) {
    if (other != node && handoff::owns(cluster_.disk(other).book.title(slot))) return true;
  }
  return false;
}

// Beside nothing a slot may have what the node of whom this one got it has still, what another was promised by
// this one, or a copy.
void Faults::may_be_lost(unsigned node, const std::function<bool(Slot)>& at_risk, bool back) {
  std::vector<std::map<std::string, std::string>> strings(options_.nodes);
  std::vector<bool> read(options_.nodes);
  lost_([&](std::string_view key) {
    std::vector<std::string> values;
    const Slot slot = slot_of(key);
    if (!at_risk(slot)) return values;
    values.emplace_back(kNoValue);
    for (unsigned other = 0; other < options_.nodes; ++other) {
      const SimDisk& disk = cluster_.disk(other);
      const bool has_some = options_.copies || ceded_to(disk, slot, node) || promised_by(disk, slot, node);
      if (other == node ? !back : !has_some) continue;
      if (!read[other]) strings[other] = disk.strings();
      read[other] = true;
      const auto found = strings[other].find(std::string(key));
      if (found != strings[other].end()) values.push_back(found->second);
    }
    return values;
  });
}

// ---- Old disks ----

void Faults::copy_disk() {
  const unsigned node = any_node();
  copies_[node] = cluster_.disk(node);
}

// Until the node has heard all that others hold by now.
bool Faults::is_of_the_past(unsigned node) {
  bool still = past_[node] && !cluster_.alive(node);
  for (unsigned at = 0; at < kSlots && past_[node] && !still; ++at) {
    const auto slot = static_cast<Slot>(at);
    still = handoff::owns(cluster_.disk(node).book.title(slot)) && owned_by_another(node, slot);
  }
  past_[node] = still;
  return still;
}

// Who puts back a copy sees to it that the others can be reached: a node with an old disk that reaches nobody
// cannot know that it is old.
void Faults::put_disk_back() {
  constexpr std::int64_t kHeardMs = 2'500;
  const unsigned node = any_node();
  if (!copies_[node] || gone_ || counts_["lost disks"] + counts_["old disks"] > 0) return;
  ++counts_["old disks"];
  let_all_talk();
  for (unsigned other = 0; other < options_.nodes; ++other) {
    if (failed_[other]) kill(other);
    const bool there = cluster_.alive(other) || holds_something(other);
    file_[other] = {.listed = file_[other].listed || there, .weight = file_[other].weight};
  }
  publish();
  for (unsigned other = 0; other < options_.nodes; ++other) read_newest(other);
  pass_(static_cast<std::int64_t>(500 + cluster_.random(1'500)));
  kill(node);
  // What another holds must not be lost; what the life that is forgotten held alone may be.
  const auto at_risk = [&](Slot slot) { return !owned_by_another(node, slot); };
  past_[node] = true;
  may_be_lost(node, at_risk, false);
  cluster_.put_back(node, *copies_[node]);
  may_be_lost(node, at_risk, true);
  // Starts that fail are no reason to believe it.
  for (std::uint64_t starts = 1 + cluster_.random(4); starts > 0; --starts) {
    read_newest(node);
    if (starts == 1) break;
    pass_(static_cast<std::int64_t>(cluster_.random(300)));
    kill(node);
  }
  pass_(kHeardMs);
  // What the forgotten life alone had received waits for a claim.
  if (!cluster_.alive(node) || cluster_.stats(node).handoff.forgotten == 0) return;
  kill(node);
  gone_ = node;
  may_be_lost(node, at_risk, false);
  claim(node);
  if (gone_) return;
  // With its old disk it is to hear whoever has claimed.
  file_[node] = {.weight = file_[node].weight};
  publish();
  for (unsigned other = 0; other < options_.nodes; ++other) read_newest(other);
  pass_(kHeardMs);
}

// ---- Disks that are lost ----

// One of a world, as an old disk is: what a node has claimed is known to all that are up then, and to its own
// disk. Where that is lost too, and they have been started anew since, nobody knows whom to claim its slots
// of.
void Faults::lose_disk() {
  const unsigned node = any_node();
  if (counts_["lost disks"] + counts_["old disks"] > 0) return;
  if (!cluster_.alive(node) || gone_ || is_of_the_past(node)) return;
  ++counts_["lost disks"];
  let_all_talk();
  // Half of them while they are getting slots, or giving them away.
  if (cluster_.random(2) == 0) {
    cluster_.kill_at(node, handoff::kCrashPoints[cluster_.random(handoff::kCrashPoints.size())],
                     1 + static_cast<unsigned>(cluster_.random(3)));
    edit();
    for (int i = 0; i < 10 && cluster_.alive(node); ++i) pass_(100);
  }
  kill(node);
  gone_ = node;
  // Also what was granted to it a moment ago: whoever gave it may have been started since, without a copy.
  may_be_lost(
      node, [&](Slot slot) { return !owned_by_another(node, slot); }, false);
  cluster_.put_back(node, SimDisk{});
  copies_[node].reset();
  claim(node);
}

// It stays away until all is claimed that it held.
void Faults::claim(unsigned gone) {
  let_all_talk();
  // A slot of which nobody knows who holds it is claimed only once every node that was ever there has
  // answered.
  for (unsigned node = 0; node < options_.nodes; ++node) {
    if (left_[node] || failed_[node]) kill(node);
    file_[node] = {.weight = file_[node].weight, .state = node == gone ? "down" : "up"};
  }
  publish();
  for (unsigned node = 0; node < options_.nodes; ++node) read_newest(node);
  constexpr int kTriesMax = 20;
  for (int tries = 0; tries < kTriesMax; ++tries) {
    pass_(500);
    const unsigned by = any_node();
    if (!cluster_.alive(by)) continue;
    const auto claimed = cluster_.ask_for(cluster_.connect(by), "CLUSTER CLAIM " + name_of(gone));
    if (!claimed || claimed->type == resp::Value::Type::error) continue;
    bool whole = true;
    for (unsigned slot = 0; slot < kSlots; ++slot) {
      whole = whole && owned_by_another(gone, static_cast<Slot>(slot));
    }
    if (!whole) continue;
    // Of two that have claimed one slot the one that begins empty has given way by then.
    cluster_.run_for(kClaimWaitMs / 2);
    return gone_.reset();
  }
}

// ---- Journals ----

void Faults::change_journal() {
  const unsigned node = any_node();
  ++counts_["restarts with another durability"];
  kill(node);  // who stood still does first what it had to do, with the journal that it has
  cluster_.keep_journal(node, !cluster_.keeps_journal(node));
  start(node);
}

}  // namespace limpet::shard
