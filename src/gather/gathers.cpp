#include <algorithm>
#include <limpet/base/assert.hpp>
#include <limpet/base/hash.hpp>
#include <limpet/gather/gathers.hpp>
#include <utility>

#include "gather.hpp"
#include "merge.hpp"
#include "walk.hpp"

namespace limpet::gather {

using command::Args;
using command::Merge;

Gathers::Gathers(NodeIndex self, unsigned shards, std::shared_ptr<const cluster::View> view)
    : self_(self), shards_(shards), view_(std::move(view)) {}

Gathers::~Gathers() = default;

Actions& Gathers::take() {
  taken_.clear();
  std::swap(next_, taken_);
  return taken_;
}

// ---- A command begins ----

std::pair<Gathers::Name, Gather&> Gathers::begin(const Head& head) { return under_way_.emplace(head); }

void Gathers::begin_split(const Head& head, const SplitKeys& keys) {
  auto [name, gather] = begin(head);
  if (head.merge == Merge::gather) gather.part_of_key.resize(keys.size());
  keys.each_part([&, to = name, &all = gather](Slot slot, std::span<const std::uint32_t> of_part, Args args) {
    const auto part = static_cast<std::uint32_t>(all.parts.size());
    for (const std::uint32_t key : of_part) {
      if (!all.part_of_key.empty()) all.part_of_key[key] = part;
    }
    ask(to, all, {.whom = Ask::Whom::holder, .slot = slot, .write = head.write}, args);
  });
  asked(name, gather);
}

void Gathers::begin_relocation(const Head& head, const command::PairRequest& request, std::string_view from,
                               std::string_view to) {
  auto [name, gather] = begin(head);
  gather.relocation = std::make_unique<Relocation>(request, from, to);
  ask_step(name, gather);
}

void Gathers::begin_shards(const Head& head, Args args, std::optional<Roll> roll) {
  auto [name, gather] = begin(head);
  ask_shards(name, gather, args, roll);
}

void Gathers::ask_shards(Name name, Gather& gather, Args args, const std::optional<Roll>& roll) {
  gather.args.assign(args.begin(), args.end());
  if (roll) gather.roll_call = std::make_unique<RollCall>(roll->slots, roll->until_ms);
  const std::vector<std::string_view> words(gather.args.begin(), gather.args.end());
  for (unsigned shard = 0; shard < shards_; ++shard) {
    ask(name, gather,
        {.whom = Ask::Whom::shard, .target = static_cast<std::uint16_t>(shard), .write = gather.head.write},
        words);
  }
  asked(name, gather);
}

void Gathers::begin_nodes(const Head& head, Args args, std::span<const NodeIndex> nodes) {
  auto [name, gather] = begin(head);
  gather.args.assign(args.begin(), args.end());
  ask_nodes(name, gather, nodes);
}

void Gathers::begin_partial_scan(const Head& head, Args args, std::span<const NodeIndex> nodes) {
  auto [name, gather] = begin(head);
  gather.args.assign(args.begin(), args.end());
  gather.partial = std::make_unique<Partial>(self_);
  ask_nodes(name, gather, nodes);
}

void Gathers::begin_holder(const Head& head, Args args, Slot slot) {
  auto [name, gather] = begin(head);
  gather.args.assign(args.begin(), args.end());
  ask_holder(name, gather, slot, {gather.args.begin(), gather.args.end()}, head.write);
}

void Gathers::begin_roll_call(const Head& head, Args args, const Roll& roll) {
  call(head, args, roll, false);
}

void Gathers::begin_partial_roll_call(const Head& head, Args args, const Roll& roll) {
  call(head, args, roll, true);
}

void Gathers::call(const Head& head, Args args, const Roll& roll, bool partial) {
  auto [name, gather] = begin(head);
  gather.args.assign(args.begin(), args.end());
  gather.roll_call = std::make_unique<RollCall>(roll.slots, roll.until_ms);
  gather.enough = roll.enough;
  if (partial) gather.partial = std::make_unique<Partial>(self_);
  locate(name, roll.slots);
}

// ---- Asking ----

void Gathers::ask(Name name, Gather& gather, Ask ask, Args args) {
  ask.part = next_part(name, gather, ask.whom == Ask::Whom::node ? ask.target : self_);
  ask.version = gather.head.version;
  ask.authenticated = gather.head.authenticated;
  ask.first_word = next_.words.size();
  ask.words = args.size();
  next_.words.insert(next_.words.end(), args.begin(), args.end());
  next_.list.emplace_back(ask);
}

Origin Gathers::next_part(Name name, Gather& gather, NodeIndex node) {
  gather.parts.emplace_back().node = node;
  ++gather.open;
  return {.kind = Origin::Kind::gather,
          .part = static_cast<std::uint32_t>(gather.parts.size() - 1),
          .stream = gather.head.asker.stream,
          .id = name.packed()};
}

// This node's part is gathered from its shards, but for what concerns it as a whole.
void Gathers::ask_node(Name name, Gather& gather, NodeIndex node, Args args) {
  if (node == self_ && gather.head.merge != Merge::by_node)
    return ask_own_shards(gather, next_part(name, gather, self_), args);
  ask(name, gather, {.whom = Ask::Whom::node, .target = node, .write = gather.head.write}, args);
}

void Gathers::ask_own_shards(const Gather& whole, const Origin& part, Args args) {
  Head head = whole.head;
  head.asker = part;
  head.part = true;
  // What is chosen among the shards says nothing of what is chosen among the nodes.
  head.random = hash64({reinterpret_cast<const char*>(&whole.head.random), sizeof whole.head.random}, 1);
  std::optional<Roll> roll;
  if (whole.roll_call)
    roll = Roll{SlotSet::read(args.back()).value_or(SlotSet{}), whole.roll_call->until_ms()};
  const bool asker_is_there = whole.asker_is_there;
  auto [name, gather] = begin(head);
  gather.asker_is_there = asker_is_there;
  ask_shards(name, gather, args, roll);
}

// As far as it goes for now.
void Gathers::asked(Name name, Gather& gather) {
  gather.open > 0 ? account(gather) : all_answered(name, gather);
}

void Gathers::ask_nodes(Name name, Gather& gather, std::span<const NodeIndex> nodes) {
  const std::vector<std::string_view> words(gather.args.begin(), gather.args.end());
  for (const NodeIndex node : nodes) ask_node(name, gather, node, words);
  asked(name, gather);
}

void Gathers::ask_holder(Name name, Gather& gather, Slot slot, const std::vector<std::string_view>& args,
                         bool write) {
  // A next step may be for another shard's journal: this one has to be safe first.
  ask(name, gather, {.whom = Ask::Whom::holder, .slot = slot, .write = write, .safe_first = true}, args);
  asked(name, gather);
}

void Gathers::ask_step(Name name, Gather& gather) {
  const std::vector<std::string_view> words = gather.relocation->command();
  ask_holder(name, gather, slot_of(words[1]), words, gather.relocation->writes());
}

void Gathers::ask_for_missing(Name name, Gather& gather, const Whereabouts& where) {
  SlotSet missing = gather.roll_call->missing();
  if (gather.partial) missing -= gather.partial->excused();
  std::vector<std::string_view> words(gather.args.begin(), gather.args.end());
  for (const auto& [node, slots] : where.of_node) {
    SlotSet of_node = slots;
    of_node &= missing;
    if (of_node.empty()) continue;
    words.back() = next_.slot_sets.emplace_back(of_node).bytes();
    ask_node(name, gather, node, words);
  }
  asked(name, gather);
}

void Gathers::locate(Name name, const SlotSet& slots) {
  next_.list.emplace_back(Locate{.gather = name.packed(),
                                 .asker = under_way_.find(name)->head.asker.stream,
                                 .slots = &next_.slot_sets.emplace_back(slots)});
}

// ---- Events ----

void Gathers::answered(const Origin& part, peer::Outcome outcome, std::string_view body, bool asker_is_there,
                       Lsn lsn) {
  const Name name = Name::unpack(part.id);
  Gather* const gather = under_way_.find(name);
  LIMPET_ASSERT(gather != nullptr && gather->open > 0);
  gather->asker_is_there = asker_is_there;
  gather->lsn = std::max(gather->lsn, lsn);
  gather->take(part.part, outcome, body);
  --gather->open;
  asked(name, *gather);
}

void Gathers::located(std::uint64_t id, const Whereabouts& where, bool asker_is_there, std::int64_t now_ms) {
  const Name name = Name::unpack(id);
  Gather& gather = *under_way_.find(name);
  // It may have been a while: slots that are missing are asked for at the next tick.
  gather.asker_is_there = asker_is_there;
  if (!gather.is_wanted()) return end(name, gather, {});
  if (std::exchange(gather.judging, false)) {
    judge_partial(name, gather, where, now_ms);
  } else if (gather.enough && gather.roll_call->complete() && !begin_round(gather, now_ms)) {
    finish(name, gather);
  } else {
    ask_for_missing(name, gather, where);
  }
}

void Gathers::explained(std::uint64_t id, std::string_view why) {
  const Name name = Name::unpack(id);
  if (why.empty()) return waiting_.push_back(name);
  Gather& gather = *under_way_.find(name);
  Part& part = gather.parts.emplace_back();
  part.outcome = peer::Outcome::unavailable;
  part.reply.append(why);
  finish(name, gather);
}

void Gathers::tick() {
  for (const Name name : std::exchange(waiting_, {})) {
    const RollCall& roll_call = *under_way_.find(name)->roll_call;
    locate(name, roll_call.complete() ? roll_call.answered() : roll_call.missing());
  }
}

void Gathers::gone(StreamId client) {
  under_way_.each([&](auto, Gather& gather) {
    if (gather.head.asker.stream != client || gather.head.write) return;
    gather.asker_is_there = false;
    account(gather);
  });
}

// ---- All parts have their answers ----

void Gathers::all_answered(Name name, Gather& gather) {
  if (!gather.is_wanted()) return end(name, gather, {});
  if (gather.partial) {
    if (gather.roll_call) gather.take_roll_answers();
    gather.partial->take_failed(gather.parts);
    gather.roll_parts = gather.parts.size();
    gather.judging = true;
    return locate(name, SlotSet::all());
  }
  if (gather.relocation && gather.failure().empty() && gather.relocation->goes_on(gather.parts.front())) {
    gather.forget_parts();
    return ask_step(name, gather);
  }
  if (walk_goes_on(name, gather) || roll_goes_on(name, gather)) return;
  finish(name, gather);
}

// A SCAN has not got on where nobody answered for the very first slot of the window, which is on its way
// between nodes, or out of reach: then that one is asked for alone, so that the client waits for it, or gets
// its error.
bool Gathers::walk_goes_on(Name name, Gather& gather) {
  if (gather.head.merge != Merge::scan || gather.head.part) return false;
  const ScanWindow window = scan_window(gather.args);
  if (window.until - window.from <= 1 || !gather.failure().empty()) return false;
  const ScanReach reach = reach_of_all(gather.parts, window);
  if (reach.slot > window.from || reach.position > 0) return false;
  gather.forget_parts();
  gather.args[3] = std::to_string(window.from + 1);
  ask_holder(name, gather, static_cast<Slot>(window.from), {gather.args.begin(), gather.args.end()}, false);
  return true;
}

bool Gathers::roll_goes_on(Name name, Gather& gather) {
  if (!gather.roll_call) return false;
  gather.take_roll_answers();
  if (gather.head.part || !gather.failure().empty()) return false;
  if (gather.roll_call->complete()) {
    const bool more = gather.enough && least_of(gather.parts) < gather.enough->least;
    if (more) waiting_.push_back(name);
    return more;
  }
  const auto first = static_cast<Slot>(gather.roll_call->answered().first_absent(0, kSlots));
  next_.list.emplace_back(
      Explain{.gather = name.packed(), .slot = first, .until_ms = gather.roll_call->until_ms()});
  return true;
}

// All are asked once more. False: it is over.
bool Gathers::begin_round(Gather& gather, std::int64_t now_ms) const {
  if (stopping_ || now_ms >= gather.enough->until_ms) return false;
  gather.forget_parts();
  gather.roll_call = std::make_unique<RollCall>(
      gather.roll_call->answered(), std::min(now_ms + gather.enough->round_ms, gather.enough->until_ms));
  return true;
}

void Gathers::judge_partial(Name name, Gather& gather, const Whereabouts& where, std::int64_t now_ms) {
  gather.partial->excuse(where);
  if (gather.roll_call) {
    SlotSet awaited = gather.roll_call->missing();
    awaited -= gather.partial->excused();
    if (!awaited.empty() && !gather.roll_call->out_of_time(now_ms)) return waiting_.push_back(name);
  }
  Bytes body;
  resp::ReplyWriter reply(body, gather.head.version);
  const Part* const failed =
      gather.too_long ? gather.partial->first_failure() : gather.partial->own_failure();
  if (failed != nullptr) {
    reply.error(error_of(*failed));
  } else {
    reply.array(2);
    gather.merge(reply);
    const SlotSet& absent = gather.roll_call ? gather.roll_call->missing() : gather.partial->excused();
    gather.partial->write_missing(absent, *view_, reply);
  }
  end(name, gather, std::move(body));
}

// ---- The end ----

// As it is now.
void Gathers::account(Gather& gather) {
  if (!gather.is_wanted()) gather.release_replies();
  const std::size_t kept = gather.is_wanted() && gather.asker_is_there ? gather.bytes_kept() : 0;
  const std::size_t before = std::exchange(gather.charged, kept);
  if (before + kept > 0) next_.list.emplace_back(Account{gather.head.asker, before, kept});
}

void Gathers::finish(Name name, Gather& gather) {
  const Head& head = gather.head;
  Bytes body;
  resp::ReplyWriter reply(body, head.version);
  const bool by_node = head.merge == Merge::by_node || (head.merge == Merge::status && !head.part);
  const std::string error = by_node ? std::string() : gather.failure();
  if (gather.relocation) {
    gather.relocation->reply(gather.parts.front(), error, reply);
  } else if (!error.empty()) {
    reply.error(error);
  } else if (head.merge == Merge::by_node) {
    merge_by_node(gather.parts, *view_, reply);
  } else if (head.merge == Merge::info || head.merge == Merge::status) {
    next_.list.emplace_back(Report{head.asker, head.merge, head.part, head.version, std::move(gather.parts),
                                   std::move(gather.args), gather.lsn, gather.charged});
    return under_way_.erase(name);
  } else if (gather.roll_call && head.part) {
    Bytes merged;
    resp::ReplyWriter writer(merged, head.version);
    gather.merge(writer);
    write_roll_answer(reply, gather.roll_call->answered(), merged.view());
  } else {
    gather.merge(reply);
  }
  end(name, gather, std::move(body));
}

void Gathers::end(Name name, Gather& gather, Bytes body) {
  next_.list.emplace_back(Reply{gather.head.asker, std::move(body), gather.lsn, gather.charged});
  under_way_.erase(name);
}

}  // namespace limpet::gather
