// TwoNodes: two nodes that give each other slots and one that does not exist, and what happens to them as an
// input says: what they are told to have, which messages arrive, when and how often, what their clients do,
// which titles are written.
//
// Where the input is honest no slot ever has two owners. Else messages are changed on their way, made up, or
// bytes that are none. Then the slots may go wherever; but what a node wishes is always well formed, every
// question is answered once, and nothing is served without a title.
#pragma once

#include <array>
#include <deque>
#include <limpet/base/limits.hpp>
#include <limpet/handoff/hand_overs.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fuzz.hpp"

namespace limpet::fuzz {

// Keeps the effects on each slot apart.
class SlotRuns final : public store::ChangeSink {
 public:
  store::EffectWriter& change_of(Slot slot) override {
    const auto [at, fresh] = runs_.try_emplace(slot);
    if (fresh) at->second.writer.begin(at->second.bytes);
    return at->second.writer;
  }
  struct Run {
    Bytes bytes;
    store::EffectWriter writer;
  };
  std::map<Slot, Run> take() { return std::exchange(runs_, {}); }

 private:
  std::map<Slot, Run> runs_;
};

class TwoNodes {
 public:
  TwoNodes(Reader& reader, bool honest);
  void go();

 private:
  using HandOvers = handoff::HandOvers;
  using Kind = handoff::Kind;
  using Member = handoff::Member;
  using Message = handoff::Message;
  using SlotTitle = handoff::SlotTitle;

  // So many that a shard has only a few slots.
  static constexpr unsigned kUsed = 4;
  static constexpr unsigned kShards = kSlots / kUsed;
  static constexpr Member kStranger = 2;  // a member that says what it likes, or nothing
  static constexpr std::size_t kPostsMax = 256;
  // A few bytes can ask for a long string.
  static constexpr std::uint64_t kStoreBytesMax = 64_MiB;

  struct Post {
    Member from = 0;
    Member to = 0;
    Slot slot = 0;
    bool question = false;
    std::string bytes{};
  };
  struct Node {
    Member me = 0;
    std::uint64_t boot = 0;
    std::map<Slot, SlotTitle> disk;
    std::unique_ptr<store::Store> store;
    SlotRuns runs;
    std::unique_ptr<HandOvers> hand_overs;
    std::map<Slot, handoff::SlotMode> modes;
    std::deque<handoff::WantedTitle> writes;  // of titles, not on the disk yet
    std::deque<Slot> syncs;                   // what they have of these is not on the disk yet
    bool disk_fails = false;
    std::map<std::uint64_t, Post> tickets;  // questions without an answer
    std::uint64_t last_ticket = 0;
  };

  [[nodiscard]] static Slot slot(unsigned index);
  [[nodiscard]] static std::string tag(unsigned index);
  [[nodiscard]] Slot take_slot() { return slot(reader_.byte() % kUsed); }

  void step(unsigned what);
  void lie(unsigned what, Node& node);
  void act(unsigned what, Node& node);
  // ---- What happens to a node ----
  void start(Node& node);
  void crash(Node& node, bool cleanly);
  void read_view(Node& node);
  void execute(Node& node);
  void take_changes(Node& node, bool of_a_command);
  void write_title(Node& node, bool well, bool there);
  void sync(Node& node);
  void pass(std::int64_t ms);
  // ---- What happens to messages ----
  void deliver(std::size_t index, bool keep);
  void lose(std::size_t index, bool told);
  void forge();
  void go_on(unsigned rounds, bool write);
  void post(Post post);
  // ---- What must hold ----
  void drain(Node& node);
  void take_answer(Node& node, const handoff::Answer& answer);
  void check();
  void check_end();

  Reader& reader_;
  bool honest_;
  Now now_{.steady_ms = 1'000'000, .unix_ms = 1'700'000'000'000};
  std::array<Node, 2> nodes_;
  std::deque<Post> net_;
  std::deque<Post> seen_;  // the last messages, wherever they went
};

// ---- Slots ----

inline std::string TwoNodes::tag(unsigned index) {
  static const std::array<std::string, kUsed> tags = [] {
    std::array<std::string, kUsed> found;
    unsigned missing = kUsed;
    for (unsigned i = 0; missing > 0; ++i) {
      const std::string tag = '{' + std::to_string(i) + '}';
      const Slot slot = slot_of(tag);
      if (slot % kShards != 0 || !found[slot / kShards].empty()) continue;
      found[slot / kShards] = tag;
      --missing;
    }
    return found;
  }();
  return tags[index];
}

inline Slot TwoNodes::slot(unsigned index) { return static_cast<Slot>(index * kShards); }

// ---- Steps ----

inline TwoNodes::TwoNodes(Reader& reader, bool honest) : reader_(reader), honest_(honest) {
  for (unsigned i = 0; i < nodes_.size(); ++i) {
    nodes_[i].me = static_cast<Member>(i);
    for (unsigned at = 0; at < kUsed; ++at) {
      SlotTitle& title = nodes_[i].disk[slot(at)];
      if (at % nodes_.size() == i) title.title = {.kind = handoff::Title::Kind::own, .term = {1}};
    }
    start(nodes_[i]);
  }
}

inline void TwoNodes::go() {
  while (!reader_.empty()) {
    step(reader_.byte());
    check();
    for (const Node& node : nodes_) {
      if (node.store->stats().bytes > kStoreBytesMax) return;
    }
  }
  check_end();
}

inline void TwoNodes::step(unsigned what) {
  const unsigned more = what >> 4;
  Node& node = nodes_[more & 1];
  const std::size_t index = net_.empty() ? 0 : (more >> 1) % net_.size();
  switch (what % 16) {
    case 0:
    case 1:
      return go_on(more, what % 16 == 0);
    case 2:
      return net_.empty() ? void() : deliver(index, false);
    case 3:
      return net_.empty() ? void() : deliver(index, true);
    case 4:
      return net_.empty() ? void() : lose(index, (more & 1) != 0);
    case 5:
      if (!seen_.empty()) post(Post(seen_[more % seen_.size()]));
      return;
    case 6:
      return pass(std::int64_t{reader_.byte()} * (more + 1));
    case 7:
    case 8:
      return honest_ ? void() : lie(more, node);
    default:
      act(what % 16, node);
      drain(node);
  }
}

inline void TwoNodes::act(unsigned what, Node& node) {
  switch (what) {
    case 9:
      return read_view(node);
    case 10:
      return node.hand_overs->tick(now_);
    case 11:
      if (node.hand_overs->can_copy()) node.hand_overs->go_on(now_);
      return;
    case 12:
      return write_title(node, !node.disk_fails, true);
    case 13: {
      const unsigned how = reader_.byte();
      if (how % 4 == 0) return write_title(node, false, (how & 4) != 0);
      if (how % 4 == 1) crash(node, (how & 4) != 0);
      return;
    }
    default:
      return execute(node);
  }
}

// ---- What happens to a node ----

// Its sessions are not what this is about: they do not come back.
inline void TwoNodes::start(Node& node) {
  static std::vector<SlotTitle> titles(kSlots);
  ++node.boot;
  node.hand_overs.reset();
  node.store = std::make_unique<store::Store>(node.boot);
  node.runs = SlotRuns();
  node.store->set_sink(&node.runs);
  node.modes.clear();
  node.disk_fails = false;
  for (const auto& [slot, title] : node.disk) {
    titles[slot] = title;
    if (handoff::owns(title)) node.modes[slot] = handoff::SlotMode::serving;
  }
  node.hand_overs = std::make_unique<HandOvers>(node.me, node.boot, kShards, 0, titles, *node.store, now_);
  drain(node);
}

// What was being written may be there or not.
inline void TwoNodes::crash(Node& node, bool cleanly) {
  for (const handoff::WantedTitle& write : node.writes) {
    if (!cleanly && (reader_.byte() & 1) != 0) break;
    node.disk[write.slot] = write.title;
  }
  node.writes.clear();
  node.syncs.clear();
  node.tickets.clear();
  if (!cleanly || node.disk_fails) {
    for (auto& [slot, title] : node.disk) title = handoff::raised(title);
  }
  start(node);
}

inline void TwoNodes::read_view(Node& node) {
  handoff::HandOverView view{.epoch = reader_.byte(),
                             .owners = std::vector<Member>(kSlots, handoff::kNobody)};
  const unsigned owners = reader_.byte();
  for (unsigned at = 0; at < kUsed; ++at) {
    const unsigned owner = owners >> (2 * at) & 3;
    if (owner <= kStranger) view.owners[slot(at)] = static_cast<Member>(owner);
  }
  node.hand_overs->set_view(std::move(view), now_);
}

inline void TwoNodes::execute(Node& node) {
  const unsigned what = reader_.byte();
  const unsigned at = what % kUsed;
  const auto mode = node.modes.find(slot(at));
  if (mode == node.modes.end() || mode->second != handoff::SlotMode::serving) return;
  const std::string name = tag(at) + static_cast<char>('a' + (what >> 2) % 2);
  const std::string other = tag(at) + 'r';
  const KeyRef key = KeyRef::of(name);
  store::Store& store = *node.store;
  switch (what >> 3 & 7) {
    case 0:
      store.put_string(key, "value", store::Expiry::at(now_.unix_ms + 500), now_.unix_ms);
      break;
    case 1:
      // Larger than what may be left when the slot is frozen.
      store.put_string(key, std::string(100'000, 'x'), store::Expiry::none(), now_.unix_ms);
      break;
    case 2:
      store.erase(key, now_.unix_ms);
      break;
    case 3:
      store.rename(key, KeyRef::of(other), now_.unix_ms);
      break;
    case 4:
      store.erase(key, now_.unix_ms);
      for (int i = 0; i < 100; ++i) store.put_field(key, std::to_string(i), name, now_.unix_ms);
      break;
    case 5:
      store.reclaim(now_.unix_ms, 1'000);
      break;
    case 6:
      store.clear(slot(at));
      break;
    default:
      store.put_string(key, "value", store::Expiry::none(), now_.unix_ms);
  }
  take_changes(node, true);
}

inline void TwoNodes::take_changes(Node& node, bool of_a_command) {
  for (const auto& [slot, run] : node.runs.take()) {
    if (of_a_command && node.hand_overs->is_moving_out(slot))
      node.hand_overs->changed(slot, run.bytes.view());
  }
}

// `there`: it is on the disk, though nobody may know.
inline void TwoNodes::write_title(Node& node, bool well, bool there) {
  if (well) sync(node);
  if (node.writes.empty()) return;
  const handoff::WantedTitle write = node.writes.front();
  node.writes.pop_front();
  if (!well) node.disk_fails = true;
  if (well || there) node.disk[write.slot] = write.title;
  if (well) {
    node.hand_overs->written(write.slot, now_);
  } else {
    node.hand_overs->not_written(write.slot, "the disk is broken", now_);
  }
}

inline void TwoNodes::sync(Node& node) {
  for (const Slot slot : std::exchange(node.syncs, {})) node.hand_overs->settled(slot, now_);
}

inline void TwoNodes::pass(std::int64_t ms) {
  now_.steady_ms += ms;
  now_.unix_ms += ms;
}

// ---- What happens to messages ----

inline void TwoNodes::post(Post post) {
  seen_.push_back(post);
  if (seen_.size() > 16) seen_.pop_front();
  if (net_.size() < kPostsMax) net_.push_back(std::move(post));
}

inline void TwoNodes::deliver(std::size_t index, bool keep) {
  const Post post = net_[index];
  if (!keep) net_.erase(net_.begin() + static_cast<std::ptrdiff_t>(index));
  if (post.to >= nodes_.size()) return;
  Node& node = nodes_[post.to];
  const Exact bytes(post.bytes);
  if (post.question) {
    node.tickets[++node.last_ticket] = post;
    node.hand_overs->asked(post.from, post.slot, bytes.view(), node.last_ticket, now_);
  } else {
    node.hand_overs->answered(post.from, post.slot, bytes.view(), now_);
  }
  drain(node);
}

inline void TwoNodes::lose(std::size_t index, bool told) {
  const Post post = net_[index];
  net_.erase(net_.begin() + static_cast<std::ptrdiff_t>(index));
  if (!told || !post.question || post.from >= nodes_.size()) return;
  Node& node = nodes_[post.from];
  node.hand_overs->unanswered(post.slot, post.bytes, "the link broke", now_);
  drain(node);
}

// All that was sent arrives, and what follows from that, for some rounds; titles are written or wait.
inline void TwoNodes::go_on(unsigned rounds, bool write) {
  for (unsigned i = 0; i < 4 * rounds; ++i) {
    for (std::size_t posts = net_.size(); posts > 0 && !net_.empty(); --posts) deliver(0, false);
    for (Node& node : nodes_) {
      if (node.hand_overs->can_copy()) node.hand_overs->go_on(now_);
      drain(node);
      if (write && !node.disk_fails) sync(node);
      for (std::size_t writes = write ? node.writes.size() : 0; writes > 0; --writes) {
        write_title(node, !node.disk_fails, false);
      }
      drain(node);
    }
    if (net_.empty()) return;
  }
}

inline void TwoNodes::lie(unsigned what, Node& node) {
  switch (what >> 1) {
    case 0:
      if (!net_.empty()) {
        std::string& bytes = net_[reader_.byte() % net_.size()].bytes;
        if (bytes.empty()) return;
        char& byte = bytes[reader_.number() % bytes.size()];
        byte = static_cast<char>(byte ^ (1 << reader_.byte() % 8));
      }
      return;
    case 1:
      if (!net_.empty()) {
        std::string& bytes = net_[reader_.byte() % net_.size()].bytes;
        bytes.resize(reader_.number() % (bytes.size() + 1));
      }
      return;
    case 2: {
      const Exact bytes(reader_.take(reader_.byte()));
      const auto slot = static_cast<Slot>(reader_.number());
      node.hand_overs->unanswered(slot, bytes.view(), "it was told so", now_);
      return drain(node);
    }
    case 3: {
      Post any{.from = static_cast<Member>(reader_.byte() % 4), .to = node.me};
      any.question = (reader_.byte() & 1) != 0;
      any.slot = static_cast<Slot>(reader_.number());
      any.bytes = reader_.take(reader_.byte());
      return post(std::move(any));
    }
    default:
      return forge();
  }
}

// A message of a try that is known, or of one that could be.
inline void TwoNodes::forge() {
  Message message;
  Post forged{.slot = take_slot()};
  if (!seen_.empty()) {
    forged = seen_[reader_.byte() % seen_.size()];
    (void)handoff::read_message(forged.bytes, message);
    message.rest = {};
  }
  const unsigned what = reader_.byte();
  forged.from = static_cast<Member>(what % 3);
  forged.to = static_cast<Member>(what >> 2 & 1);
  forged.question = (what & 8) != 0;
  message.kind = static_cast<Kind>(reader_.byte() % 32);
  if ((what & 16) != 0) message.term = {reader_.number(), 0};
  if ((what & 32) != 0) message.migration = {.boot = reader_.number(), .attempt = reader_.number()};
  if ((what & 64) != 0) message.number = reader_.number();
  const Exact rest((what & 128) != 0 ? reader_.take(reader_.byte()) : std::string_view());
  message.rest = rest.view();
  Bytes bytes;
  handoff::append_message(bytes, message);
  forged.bytes = bytes.view();
  post(std::move(forged));
}

// ---- What must hold ----

// Does what the hand-overs of a node want done.
inline void TwoNodes::drain(Node& node) {
  take_changes(node, false);
  HandOvers::Wishes wishes = std::exchange(node.hand_overs->wishes(), {});
  for (const handoff::Question& each : wishes.questions) {
    Message message;
    FUZZ_CHECK(handoff::read_message(each.body.view(), message) && message.kind <= handoff::kLastQuestion);
    post({.from = node.me,
          .to = each.to,
          .slot = each.slot,
          .question = true,
          .bytes = std::string(each.body.view())});
  }
  for (const handoff::Answer& each : wishes.answers) take_answer(node, each);
  for (const handoff::WantedTitle& each : wishes.writes) node.writes.push_back(each);
  node.syncs.insert(node.syncs.end(), wishes.syncs.begin(), wishes.syncs.end());
  for (const handoff::ModeChange& each : wishes.modes) node.modes[each.slot] = each.kind;
  for (const handoff::MoveNote& each : wishes.notes) FUZZ_CHECK(!each.text.empty());
}

inline void TwoNodes::take_answer(Node& node, const handoff::Answer& answer) {
  const auto ticket = node.tickets.find(answer.ticket);
  FUZZ_CHECK(ticket != node.tickets.end());
  Message message;
  FUZZ_CHECK(handoff::read_message(answer.body.view(), message) && message.kind >= Kind::ready);
  post({.from = node.me,
        .to = ticket->second.from,
        .slot = ticket->second.slot,
        .question = false,
        .bytes = std::string(answer.body.view())});
  node.tickets.erase(ticket);
}

inline void TwoNodes::check() {
  for (unsigned at = 0; at < kUsed; ++at) {
    unsigned owners = 0;
    for (const Node& node : nodes_) {
      const auto mode = node.modes.find(slot(at));
      const bool served = mode != node.modes.end() && mode->second == handoff::SlotMode::serving;
      const bool serves = node.hand_overs->serves(slot(at));
      FUZZ_CHECK(!served || serves);
      FUZZ_CHECK(!serves || served || node.disk_fails);
      // Where titles cannot be written, what is in memory may be of the past.
      owners += handoff::owns(node.hand_overs->title(slot(at))) && (served || !node.disk_fails);
    }
    FUZZ_CHECK(!honest_ || owners <= 1);
  }
  for (const Node& node : nodes_) {
    const handoff::Progress progress = node.hand_overs->progress();
    FUZZ_CHECK(progress.to_give <= kUsed && progress.giving <= kUsed && progress.receiving <= kUsed);
    std::set<Slot> slots;
    for (const handoff::WantedTitle& write : node.writes) FUZZ_CHECK(slots.insert(write.slot).second);
  }
}

// Once nobody says anything any more, and what is to be written is written, nobody waits for an answer.
inline void TwoNodes::check_end() {
  for (int round = 0; round < 3; ++round) {
    for (Node& node : nodes_) {
      while (!node.writes.empty()) {
        write_title(node, !node.disk_fails, true);
        drain(node);
      }
      node.hand_overs->tick(now_);
      drain(node);
    }
    check();
    pass(kHandoffSilenceMs);
  }
  for (const Node& node : nodes_) FUZZ_CHECK(node.tickets.empty() || node.disk_fails);
}

}  // namespace limpet::fuzz
