#include "world.hpp"

#include <limpet/base/slot.hpp>
#include <optional>

namespace limpet::handoff {

namespace {

constexpr unsigned kKeys = 5;  // of each uid
constexpr std::size_t kLargeBytes = 150'000;

std::string key_name(unsigned uid, std::uint64_t number) {
  return "k" + std::to_string(number) + ":{" + std::to_string(uid) + "}";
}
Slot slot_number(unsigned uid) { return slot_of(key_name(uid, 0)); }

// Keeps the effects of each event for itself.
class Runs final : public store::ChangeSink {
 public:
  using Run = std::pair<Slot, std::string>;

  store::EffectWriter& change_of(Slot slot) override {
    if (slot != slot_) end();
    if (!std::exchange(open_, true)) {
      slot_ = slot;
      writer_.begin(run_);
    }
    return writer_;
  }
  std::vector<Run> take() {
    end();
    return std::exchange(runs_, {});
  }

 private:
  void end() {
    if (!std::exchange(open_, false)) return;
    runs_.emplace_back(slot_, std::string(run_.view()));
    run_.clear();
  }

  bool open_ = false;
  Slot slot_ = 0;
  Bytes run_;
  store::EffectWriter writer_;
  std::vector<Run> runs_;
};

}  // namespace

struct World::Node {
  explicit Node(Member number) : me(number), disk_titles(kSlots) {}

  Member me;
  std::size_t view = 0;

  // On its disk.
  std::vector<SlotTitle> disk_titles;
  std::uint64_t boot = 0;
  std::vector<Runs::Run> journal;
  std::size_t synced = 0;  // of the journal

  // In memory.
  std::unique_ptr<store::Store> store;
  Runs runs;
  std::unique_ptr<HandOvers> hand_overs;
  std::map<Slot, SlotMode> router;
  struct Write {
    WantedTitle title;
    std::size_t needs;  // of the journal, on the disk before
  };
  std::deque<Write> writes;                           // of titles, not on the disk yet
  std::deque<std::pair<Slot, std::size_t>> settling;  // to be told once so much of the journal is synced
  bool title_disk_fails = false;
  std::map<std::uint64_t, Post> tickets;
  std::uint64_t next_ticket = 0;
  struct Unacknowledged {
    std::string key;
    std::uint64_t operation;
    std::size_t needs;  // of the journal, synced
  };
  std::deque<Unacknowledged> unacknowledged;

  [[nodiscard]] bool executes(Slot slot) const {
    const auto found = router.find(slot);
    return found != router.end() && found->second == SlotMode::serving;
  }
  // What the store has told since the last call goes to the journal, and to where its slot goes.
  void take_changes(bool of_a_command) {
    for (Runs::Run& run : runs.take()) {
      if (of_a_command && hand_overs->is_moving_out(run.first)) hand_overs->changed(run.first, run.second);
      journal.push_back(std::move(run));
    }
  }
};

World::World(const WorldOptions& options) : options_(options), random_(options.seed) {
  views_.push_back({});
  for (unsigned view = 1; view < options_.views; ++view) {
    Owners owners{};
    for (Member& owner : owners) owner = static_cast<Member>(chance(options_.nodes));
    views_.push_back(owners);
  }
  for (unsigned i = 0; i < options_.nodes; ++i) {
    nodes_.push_back(std::make_unique<Node>(static_cast<Member>(i)));
    if (i == 0) {
      for (unsigned uid = 0; uid < kUids; ++uid) {
        nodes_[0]->disk_titles[slot_number(uid)].title = {.kind = Title::Kind::own, .term = {1}};
        highest_term_[slot_number(uid)] = {1};
      }
    }
    start(*nodes_[i]);
  }
  Node& first = *nodes_[0];
  for (unsigned i = 0; i < options_.large_keys; ++i) {
    first.store->put_string(KeyRef::of(key_name(i % kUids, 100 + i)), std::string(kLargeBytes, 'x'),
                            store::Expiry::none(), now_.unix_ms);
  }
  first.take_changes(true);
  first.synced = first.journal.size();
}

World::~World() = default;

std::string World::run() {
  for (unsigned i = 0; i < options_.steps && failure_.empty(); ++i) {
    step();
    check();
  }
  settle();
  return failure_;
}

void World::fail(const std::string& what) {
  if (failure_.empty()) failure_ = "seed " + std::to_string(options_.seed) + ": " + what;
}

// ---- Steps ----

void World::step() {
  now_.steady_ms += static_cast<std::int64_t>(chance(calm_ ? 400 : 60) == 0 ? chance(3'000) : chance(5));
  if (!attic_.empty() && chance(100) == 0) {
    // A message that was under way for very long.
    net_.push_front(attic_[chance(attic_.size())]);
    return deliver(0, false);
  }
  if (!net_.empty() && chance(2) == 0) {
    const std::size_t index = calm_ || chance(100) < options_.in_order ? 0 : chance(net_.size());
    if (!calm_ && chance(200) == 0) return lose(index);
    return deliver(index, !calm_ && chance(40) == 0);
  }
  Node& node = *nodes_[chance(nodes_.size())];
  const bool may_crash = !calm_ && crashes_ < options_.crashes;
  // Where titles cannot be written, only a new start helps.
  if (may_crash ? chance(options_.steps / 8) == 0 : node.title_disk_fails && chance(50) == 0)
    return crash(node);
  act(node);
}

void World::act(Node& node) {
  switch (chance(8)) {
    case 0:
      if (node.view + 1 < views_.size() && chance(calm_ ? 1 : 30) == 0) {
        ++node.view;
        read_view(node);
      }
      break;
    case 1:
    case 2:
      execute(node);
      break;
    case 3:
      sync(node, node.journal.size());
      break;
    case 4:
      if (chance(50) == 0) set_rate(node);
      node.hand_overs->tick(now_);
      break;
    case 5:
      if (node.hand_overs->can_copy()) node.hand_overs->go_on(now_);
      break;
    case 6:
      now_.unix_ms += static_cast<std::int64_t>(chance(50));
      node.store->reclaim(now_.unix_ms, 1'000);
      node.take_changes(true);
      break;
    default:
      write_a_title(node);
  }
  drain(node);
}

// An operator who cannot make up his mind.
void World::set_rate(Node& node) {
  constexpr std::uint64_t kRates[] = {0, 1'000, 100'000, 0};
  node.hand_overs->set_rate(calm_ ? 0 : kRates[chance(std::size(kRates))], now_);
}

void World::read_view(Node& node) {
  HandOverView view{.epoch = node.view, .owners = std::vector<Member>(kSlots, kNobody)};
  for (unsigned uid = 0; uid < kUids; ++uid) view.owners[slot_number(uid)] = views_[node.view][uid];
  node.hand_overs->set_view(std::move(view), now_);
}

void World::execute(Node& node) {
  const auto uid = static_cast<unsigned>(chance(kUids));
  if (!node.executes(slot_number(uid))) return;
  if (chance(3) == 0) return execute_timed(node, uid);
  const std::string key = key_name(uid, chance(kKeys));
  const std::uint64_t operation = ++operations_;
  if (chance(4) == 0) {
    if (!node.store->erase(KeyRef::of(key), now_.unix_ms)) return;
    erasures_[key].insert(operation);
  } else {
    node.store->put_string(KeyRef::of(key), std::to_string(operation), store::Expiry::none(), now_.unix_ms);
  }
  node.take_changes(true);
  node.unacknowledged.push_back({key, operation, node.journal.size()});
}

// Hashes that always have a time-out, and get more fields while they have it.
void World::execute_timed(Node& node, unsigned uid) {
  const std::string name = "t" + std::to_string(chance(3)) + ":{" + std::to_string(uid) + "}";
  const KeyRef key = KeyRef::of(name);
  if (node.store->find(key, now_.unix_ms) && chance(2) == 0) {
    node.store->put_field(key, std::to_string(chance(100)), "more", now_.unix_ms);
  } else {
    for (int i = 0; i < 60; ++i) node.store->put_field(key, std::to_string(i), "v", now_.unix_ms);
    node.store->set_expiry(key, now_.unix_ms + 1 + static_cast<std::int64_t>(chance(3'000)), now_.unix_ms);
  }
  node.take_changes(true);
}

void World::sync(Node& node, std::size_t up_to) {
  node.synced = std::max(node.synced, up_to);
  for (; !node.unacknowledged.empty(); node.unacknowledged.pop_front()) {
    if (node.unacknowledged.front().needs > node.synced) return;
    const auto& done = node.unacknowledged.front();
    last_acknowledged_[done.key] = std::max(last_acknowledged_[done.key], done.operation);
    ++acknowledged_;
  }
}

void World::note_term(Slot slot, const SlotTitle& title) {
  highest_term_[slot] = std::max(highest_term_[slot], title.title.term);
}

void World::write_a_title(Node& node) {
  while (!node.settling.empty() && node.settling.front().second <= node.synced) {
    node.hand_overs->settled(node.settling.front().first, now_);
    node.settling.pop_front();
  }
  if (node.writes.empty()) return;
  const Node::Write write = node.writes.front();
  node.writes.pop_front();
  if (!calm_ && !node.title_disk_fails && chance(10) == 0) {
    return node.hand_overs->no_room(write.title.slot, "no space left", now_);
  }
  if (!calm_ && chance(500) == 0) node.title_disk_fails = true;
  if (!node.title_disk_fails || chance(2) == 0) put_on_disk(node, write.title, write.needs);
  if (node.title_disk_fails) {
    node.hand_overs->not_written(write.title.slot, "the disk is broken", now_);
  } else {
    node.hand_overs->written(write.title.slot, now_);
  }
}

void World::put_on_disk(Node& node, const WantedTitle& write, std::size_t needs) {
  sync(node, needs);
  node.disk_titles[write.slot] = write.title;
  note_term(write.slot, write.title);
}

// ---- Messages ----

void World::deliver(std::size_t index, bool keep) {
  const Post post = net_[index];
  if (!calm_ && chance(100) == 0) attic_.push_back(post);
  if (!keep) net_.erase(net_.begin() + static_cast<std::ptrdiff_t>(index));
  Node& node = *nodes_[post.to];
  if (post.question) {
    node.tickets[++node.next_ticket] = post;
    node.hand_overs->asked(post.from, post.slot, post.bytes, node.next_ticket, now_);
  } else {
    node.hand_overs->answered(post.from, post.slot, post.bytes, now_);
  }
  drain(node);
}

// Whoever asked may hear of it, as when a link breaks.
void World::lose(std::size_t index) {
  const Post post = net_[index];
  net_.erase(net_.begin() + static_cast<std::ptrdiff_t>(index));
  if (!post.question || chance(2) == 0) return;
  Node& node = *nodes_[post.from];
  node.hand_overs->unanswered(post.slot, post.bytes, "the link broke", now_);
  drain(node);
}

// Does what the hand-overs of a node want done.
void World::drain(Node& node) {
  node.take_changes(false);
  HandOvers::Wishes wishes = std::exchange(node.hand_overs->wishes(), {});
  for (const Question& each : wishes.questions) {
    net_.push_back({.from = node.me,
                    .to = each.to,
                    .slot = each.slot,
                    .question = true,
                    .bytes = std::string(each.body.view())});
  }
  for (const Answer& each : wishes.answers) {
    const Post& asked = node.tickets.at(each.ticket);
    net_.push_back({.from = node.me,
                    .to = asked.from,
                    .slot = asked.slot,
                    .question = false,
                    .bytes = std::string(each.body.view())});
  }
  for (const Slot slot : wishes.syncs) node.settling.push_back({slot, node.journal.size()});
  for (WantedTitle& each : wishes.writes) {
    node.writes.push_back({each, each.after_data ? node.journal.size() : 0});
  }
  for (const ModeChange& each : wishes.modes) {
    node.router[each.slot] = each.kind;
    moved_ = true;
    hand_overs_ += each.kind == SlotMode::moved;
  }
  for (const MoveNote& each : wishes.notes) failures_ += !each.went_well;
}

// ---- Crashes ----

void World::start(Node& node) {
  moved_ = true;
  ++node.boot;
  node.hand_overs.reset();  // before the store that it copies
  node.store = std::make_unique<store::Store>(node.boot);
  node.runs = Runs();
  for (const auto& [slot, run] : node.journal) {
    if (!store::apply(*node.store, slot, run, now_.unix_ms)) fail("the journal cannot be read");
  }
  node.store->set_sink(&node.runs);
  node.router.clear();
  for (unsigned at = 0; at < kSlots; ++at) {
    const auto slot = static_cast<Slot>(at);
    const SlotTitle& title = node.disk_titles[slot];
    if (owns(title)) node.router[slot] = SlotMode::serving;
    if (!owns(title) && !title.promise && node.store->keys_in(slot) > 0) node.store->clear(slot);
  }
  node.title_disk_fails = false;
  node.hand_overs =
      std::make_unique<HandOvers>(node.me, node.boot, 1, 0, node.disk_titles, *node.store, now_);
  node.take_changes(false);
  read_view(node);
  drain(node);
}

void World::crash(Node& node) {
  ++crashes_;
  // What was being written may be on the disk or not.
  const bool cleanly = chance(4) == 0 && !node.title_disk_fails;
  for (const Node::Write& write : node.writes) {
    if (!cleanly && chance(2) == 0) break;
    put_on_disk(node, write.title, write.needs);
  }
  if (cleanly) sync(node, node.journal.size());
  node.synced += chance(node.journal.size() - node.synced + 1);
  node.journal.resize(node.synced);
  node.writes.clear();
  node.settling.clear();
  node.unacknowledged.clear();
  node.tickets.clear();
  for (unsigned uid = 0; uid < kUids && !cleanly; ++uid) {
    const Slot slot = slot_number(uid);
    node.disk_titles[slot] = raised(node.disk_titles[slot]);
    note_term(slot, node.disk_titles[slot]);
  }
  start(node);
}

// ---- What must hold ----

void World::check() {
  // Only who begins to serve can have lost something; commands alone hardly do.
  const bool values = std::exchange(moved_, false) || ++unseen_ % 32 == 0;
  for (unsigned uid = 0; uid < kUids; ++uid) {
    const Slot slot = slot_number(uid);
    unsigned owners = 0;
    for (const auto& node : nodes_) {
      const SlotTitle& title = node->hand_overs->title(slot);
      // Where titles cannot be written, what is in memory may be of the past: such a slot must not be served.
      if (owns(title) && (!node->title_disk_fails || node->executes(slot))) {
        ++owners;
        if (title.title.term != highest_term_[slot]) fail("an owner does not hold the highest term");
      }
      if (!node->executes(slot)) continue;
      if (!node->hand_overs->serves(slot)) fail("commands are executed without the right to");
      if (values) check_values(*node, uid);
    }
    if (owners > 1) fail("two nodes own a slot");
  }
}

void World::check_values(const Node& node, unsigned uid) {
  for (unsigned i = 0; i < kKeys; ++i) {
    const std::string key = key_name(uid, i);
    const auto acknowledged = last_acknowledged_.find(key);
    if (acknowledged == last_acknowledged_.end()) continue;
    const std::uint64_t operation = acknowledged->second;
    const store::Item item = node.store->peek(KeyRef::of(key), now_.unix_ms);
    const bool there = item && std::stoull(std::string(item.string())) >= operation;
    const bool erased = !item && erasures_[key].lower_bound(operation) != erasures_[key].end();
    if (there || erased) continue;
    fail("node " + std::to_string(node.me) + " has lost operation " + std::to_string(operation) + " on " +
         key);
  }
}

bool World::settled() const {
  if (!net_.empty()) return false;
  for (const auto& node : nodes_) {
    if (node->view + 1 != views_.size() || !node->writes.empty()) return false;
    const Progress progress = node->hand_overs->progress();
    if (progress.giving + progress.receiving + progress.to_give > 0) return false;
  }
  for (unsigned uid = 0; uid < kUids; ++uid) {
    const Node& owner = *nodes_[views_.back()[uid]];
    if (!owner.hand_overs->serves(slot_number(uid)) || !owner.executes(slot_number(uid))) return false;
  }
  return true;
}

// Nothing is left of what has gone elsewhere, nor of what had a time-out.
void World::check_leftovers() {
  now_.unix_ms += 1'000'000;
  for (const auto& node : nodes_) {
    for (int i = 0; i < 10; ++i) node->store->reclaim(now_.unix_ms, 100'000);
    for (unsigned uid = 0; uid < kUids; ++uid) {
      const Slot slot = slot_number(uid);
      const bool owner = views_.back()[uid] == node->me;
      if (node->hand_overs->title(slot).promise) fail("a promise is left");
      if (!owner && node->store->keys_in(slot) > 0) fail("keys are left where the slot has gone from");
      for (int i = 0; owner && i < 3; ++i) {
        const std::string name = "t" + std::to_string(i) + ":{" + std::to_string(uid) + "}";
        if (node->store->peek(KeyRef::of(name), now_.unix_ms)) fail(name + " has lost its time-out");
      }
    }
  }
}

void World::settle() {
  attic_.clear();
  calm_ = true;
  for (const auto& node : nodes_) {
    if (node->hand_overs) set_rate(*node);
  }
  for (int i = 0; i < 100'000 && failure_.empty() && !settled(); ++i) {
    step();
    check();
  }
  if (!settled()) fail("it is stuck");
  check_leftovers();
  for (unsigned i = 0; i < options_.large_keys && failure_.empty(); ++i) {
    const Node& owner = *nodes_[views_.back()[i % kUids]];
    const store::Item item = owner.store->peek(KeyRef::of(key_name(i % kUids, 100 + i)), now_.unix_ms);
    if (!item || item.string() != std::string(kLargeBytes, 'x')) fail("a large value did not arrive whole");
  }
}

}  // namespace limpet::handoff
