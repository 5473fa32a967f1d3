// Commands about all keys of the cluster: KEYS, DBSIZE, RANDOMKEY, FLUSHALL and FLUSHDB.
//
// Each node is asked for the slots that it is known to hold, and each of its shards for its own. It answers
// for those of them that it serves just then, and says which those are; a node puts the answers of its shards
// together, and the node of the client looks whether every slot has been answered for (room gather).
// Whoever holds those that are missing by now is asked for them, again and again, as slots are frozen for
// some milliseconds while they go from one node to another. As no two are ever asked for the same slot, and
// nobody again who has answered for it, FLUSHALL clears each once: what is written behind that stays.
//
// Between nodes and shards such a command has one more argument: the slots that are asked for
// (SlotSet::bytes()). The reply is [slots, what is to be merged].
#include <limpet/base/text.hpp>
#include <limpet/command/errors.hpp>

#include "core.hpp"

namespace limpet::shard {

using command::Builtin;

namespace {

bool is_flush(const Spec& spec) { return spec.has(command::kWrite); }

std::optional<SlotSet> wanted_slots(std::string_view bytes) {
  return bytes.size() == SlotSet::kBytes ? SlotSet::read(bytes) : std::nullopt;
}

}  // namespace

// What one node may ask another for as a whole. Everything else concerns a slot.
bool Core::is_for_nodes(const Spec& spec, Args args) {
  const std::size_t part_args = command::execution_of(spec, args).part_args;
  if (part_args == 0 || args.size() != part_args) return false;
  return !spec.is_roll_call() || wanted_slots(args.back()).has_value();
}

// What a client has sent, which ends with the slots that are asked for from now on: all.
void Core::begin_roll_call(Client& client, const Spec& spec, Args args) {
  std::vector<std::string_view> asked(args.begin(), args.end());
  if (is_flush(spec) && args.size() == 1) asked.emplace_back("sync");
  const SlotSet all = SlotSet::all();
  asked.push_back(all.bytes());
  if (!is_for_nodes(spec, asked)) return reply_error(client, command::kSyntax);
  // Not half of it where it is known beforehand that it cannot be all of it.
  if (const std::string why = why_not_all(is_flush(spec)); !why.empty()) {
    ++counters_.forward_errors;
    return reply_error(client, why);
  }
  gather::Head head = wide_head_of(client, spec.merge);
  head.write = is_flush(spec);
  gathers_.begin_roll_call(head, asked, *roll_of(asked));
  run_gathers();
}

// CLUSTER PARTIAL: DBSIZE, KEYS and SCAN of the nodes that answer (gather/partial.hpp).
// `args`: behind CLUSTER PARTIAL.
bool Core::take_partial(Client& client, Args args) {
  const Spec* const spec = command::find(args[0]);
  if (spec == nullptr || !spec->partial) {
    reply_error(client, "ERR CLUSTER PARTIAL takes DBSIZE, KEYS or SCAN; " + printable(args[0]) +
                            " is another command");
    return true;
  }
  if (const std::string error = command::refusal(spec, args); !error.empty()) {
    admit_error(client, spec, error);
    return true;
  }
  // It sees everything that this client did before, and nothing that it does after.
  if (!client.replies.empty()) return false;
  if (!spec->is_roll_call()) return take_scan(client, args, true);
  std::vector<std::string_view> asked(args.begin(), args.end());
  const SlotSet all = SlotSet::all();
  asked.push_back(all.bytes());  // as all_keys.cpp has it
  gathers_.begin_partial_roll_call(wide_head_of(client, spec->merge), asked, *roll_of(asked));
  run_gathers();
  return true;
}

// Nothing: it is no command about all keys, as nodes and shards send it to each other.
std::optional<gather::Roll> Core::roll_of(Args args) const {
  const Spec* const spec = command::find(args[0]);
  if (spec == nullptr || !spec->is_roll_call()) return std::nullopt;
  return gather::Roll{.slots = wanted_slots(args.back()).value_or(SlotSet{}),
                      .until_ms = now_.steady_ms + tunables_.forward_timeout_ms};
}

// A slot that no node is known to hold or, for a write, whose holder is known to be out of reach.
std::string Core::why_not_all(bool write) {
  for (unsigned at = 0; at < kSlots; ++at) {
    const Route route = ownership_.slots().route(static_cast<Slot>(at));
    if (route.kind == Route::Kind::refuse) return why_refused(static_cast<Slot>(at));
    if (!write || route.kind != Route::Kind::peer) continue;
    const Link& link = links_.at(route.target);
    if (link.verdict() != Link::Verdict::fail) continue;
    return "CLUSTERDOWN node " + view_->nodes[route.target].name + " cannot be reached: " + link.why(now_);
  }
  return {};
}

// ---- A part of it ----

// Of this shard's slots those that are served here now.
SlotSet Core::slots_served(const SlotSet& wanted) const {
  SlotSet served;
  for (unsigned at = config_.index; at < kSlots; at += config_.shards) {
    const auto slot = static_cast<Slot>(at);
    if (wanted.has(slot) && ownership_.slots().is_here(slot)) served.add(slot);
  }
  return served;
}

Lsn Core::run_part_of_all_keys(const Spec& spec, Args args, resp::Version version, Bytes& out) {
  ReplyWriter reply(out, version);
  const auto refuse = [&](std::string_view why) {
    reply.error(why);
    return Lsn{0};
  };
  if (const std::string why = why_not_whole(); !why.empty()) return refuse(why);
  std::vector<std::string_view> part(args.begin(), args.end());
  if (!spec.is_roll_call()) {
    const SlotSet slots = slots_served(SlotSet::all());
    part.push_back(slots.bytes());
    return engine_.run({spec, part, version}, out, now_).reply_lsn;
  }
  const auto wanted = wanted_slots(args.back());
  if (!wanted) return refuse(command::kSyntax);
  const SlotSet slots = slots_served(*wanted);
  Bytes answer;
  Lsn lsn = 0;
  ReplyWriter writer(answer, version);
  if (spec.builtin == Builtin::dbsize) {
    std::uint64_t keys = 0;
    slots.each([&](Slot slot) { keys += engine_.store().keys_in(slot); });
    writer.integer(static_cast<std::int64_t>(keys));
  } else if (spec.builtin == Builtin::randomkey) {
    pick_key(slots, writer);
  } else {
    part.back() = slots.bytes();
    lsn = engine_.run({spec, part, version}, answer, now_).reply_lsn;
  }
  if (gather::is_error(answer.view())) {
    out.append(answer.view());
  } else {
    gather::write_roll_answer(reply, slots, answer.view());
  }
  return lsn;
}

// ---- RANDOMKEY ----

// This shard's part of it: [how many keys these slots have, one of them].
void Core::pick_key(const SlotSet& slots, ReplyWriter& reply) {
  constexpr unsigned kLooksMax = 1000;  // in vain, at expired keys
  std::uint64_t keys = 0;
  slots.each([&](Slot slot) { keys += engine_.store().keys_in(slot); });
  const auto next_slot = [](Slot slot) { return static_cast<Slot>((slot + 1) % kSlots); };
  std::string picked;
  bool found = false;
  auto slot = static_cast<Slot>(random_.next() % kSlots);
  for (unsigned looks = 0; keys > 0 && !found && looks < kLooksMax; ++looks) {
    while (!slots.has(slot) || engine_.store().keys_in(slot) == 0) slot = next_slot(slot);
    const std::uint64_t position = random_.next() >> (64 - store::kScanPositionBits);
    engine_.store().scan(slot, looks % 2 == 0 ? position : 0, 1, now_.unix_ms, [&](const store::Item& item) {
      picked = item.key();
      found = true;
    });
    if (!found && looks % 2 == 1) slot = next_slot(slot);
  }
  reply.array(found ? 2 : 1);
  reply.bulk_integer(found ? static_cast<std::int64_t>(keys) : 0);
  if (found) reply.bulk(picked);
}

}  // namespace limpet::shard
