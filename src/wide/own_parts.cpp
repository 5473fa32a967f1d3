#include <limpet/base/number.hpp>
#include <limpet/clients/client_commands.hpp>
#include <limpet/command/errors.hpp>
#include <limpet/gather/part.hpp>
#include <limpet/reports/config.hpp>
#include <limpet/traffic/nodes.hpp>
#include <limpet/wide/answers.hpp>
#include <limpet/wide/own_parts.hpp>

namespace limpet::wide {

using clients::Client;
using command::Args;
using command::Builtin;
using command::Merge;
using command::Spec;
using forward::Origin;
using resp::ReplyWriter;

namespace {

std::optional<SlotSet> wanted_slots(std::string_view bytes) {
  return bytes.size() == SlotSet::kBytes ? SlotSet::read(bytes) : std::nullopt;
}

}  // namespace

bool OwnParts::is_for_nodes(const Spec& spec, Args args) {
  const std::size_t part_args = command::execution_of(spec, args).part_args;
  if (part_args == 0 || args.size() != part_args) return false;
  return !spec.is_roll_call() || wanted_slots(args.back()).has_value();
}

std::optional<gather::Roll> OwnParts::roll_of(Args args) const {
  const Spec* const spec = command::find(args[0]);
  if (spec == nullptr || !spec->is_roll_call()) return std::nullopt;
  return gather::Roll{.slots = wanted_slots(args.back()).value_or(SlotSet{}),
                      .until_ms = now_.steady_ms + tunables_.forward_timeout_ms};
}

gather::Head OwnParts::head_of(Merge merge, const Origin& asker, resp::Version version) {
  return {.merge = merge,
          .asker = asker,
          .version = version,
          .random = merge == Merge::pick ? random_.next() : 0};
}

void OwnParts::run_for_node(const Origin& origin, resp::Version version, bool write, Args args) {
  const command::Execution does = command::execution_of(*command::find(args[0]), args);
  if (const auto order = order_of(does.builtin)) return orders_.take(*order, origin, version);
  gather::Head head = head_of(does.merge, origin, version);
  head.write = write;
  head.part = true;
  gathers_.begin_shards(head, args, roll_of(args));
}

std::optional<Lsn> OwnParts::run_for_shard(const Origin& origin, resp::Version version, Args args,
                                           Bytes& out) {
  const Spec& spec = *command::find(args[0]);
  ReplyWriter reply(out, version);
  if (spec.scope == command::Scope::cluster) return run_about_all_keys(spec, args, version, out);
  switch (command::execution_of(spec, args).builtin) {
    case Builtin::cluster_claim: {
      const auto nodes = directory_of(links_, now_);
      const auto refusal = orders_.claim(args[2], origin, version, nodes);
      if (refusal) delivery_.deliver(refusal->origin, peer::Outcome::done, refusal->reply.view());
      return std::nullopt;
    }
    case Builtin::client_kill:
      kill_clients(args, reply);
      break;
    case Builtin::client_list:
      list_clients(args, reply);
      break;
    case Builtin::config_resetstat:
      reset_counts();
      reply.ok();
      break;
    case Builtin::config_set:
      set_config(args, reply);
      break;
    case Builtin::cluster_countkeysinslot: {
      const auto slot = static_cast<Slot>(parse_int64(args[2]).value_or(0));
      reply.integer(static_cast<std::int64_t>(engine_.store().keys_in(slot)));
      break;
    }
    default:
      append_part(figures_, out);
  }
  return Lsn{0};
}

// ---- About all keys ----

// Of this shard's slots those that are served here now.
SlotSet OwnParts::slots_served(const SlotSet& wanted) const {
  SlotSet served;
  for (unsigned at = config_.index; at < kSlots; at += config_.shards) {
    const auto slot = static_cast<Slot>(at);
    if (wanted.has(slot) && ownership_.slots().is_here(slot)) served.add(slot);
  }
  return served;
}

std::uint64_t OwnParts::keys_in(const SlotSet& slots) const {
  std::uint64_t keys = 0;
  slots.each([&](Slot slot) { keys += engine_.store().keys_in(slot); });
  return keys;
}

Lsn OwnParts::run_about_all_keys(const Spec& spec, Args args, resp::Version version, Bytes& out) {
  if (const std::string why = dispatch_.why_not_whole(); !why.empty()) {
    ReplyWriter(out, version).error(why);
    return 0;
  }
  if (spec.is_roll_call()) return answer_roll(spec, args, version, out);
  std::vector<std::string_view> part(args.begin(), args.end());
  const SlotSet slots = slots_served(SlotSet::all());
  part.push_back(slots.bytes());
  return engine_.run({spec, part, version}, out, now_).reply_lsn;
}

Lsn OwnParts::answer_roll(const Spec& spec, Args args, resp::Version version, Bytes& out) {
  ReplyWriter reply(out, version);
  const auto wanted = wanted_slots(args.back());
  if (!wanted) {
    reply.error(command::kSyntax);
    return 0;
  }
  const SlotSet slots = slots_served(*wanted);
  Bytes answer;
  Lsn lsn = 0;
  ReplyWriter writer(answer, version);
  if (spec.builtin == Builtin::dbsize) {
    writer.integer(static_cast<std::int64_t>(keys_in(slots)));
  } else if (spec.builtin == Builtin::randomkey) {
    pick_key(slots, writer);
  } else {
    std::vector<std::string_view> part(args.begin(), args.end());
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

// RANDOMKEY: [how many keys these slots have, one of them].
void OwnParts::pick_key(const SlotSet& slots, ReplyWriter& reply) {
  constexpr unsigned kLooksMax = 1000;  // in vain, at expired keys
  const std::uint64_t keys = keys_in(slots);
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

// ---- About clients and settings ----

void OwnParts::list_clients(Args args, ReplyWriter& reply) {
  clients::ClientList list(args, now_);
  clients_.each([&](const Client& client) { list.add(client); });
  list.reply(reply);
}

void OwnParts::kill_clients(Args args, ReplyWriter& reply) {
  using Fate = clients::KillFilter::Fate;
  const clients::KillFilter filter(args);
  std::int64_t killed = 0;
  clients_.each([&](Client& client) {
    const Fate fate = filter.fate_of(client);
    if (fate == Fate::stays) return;
    client.aborted = fate == Fate::aborts;
    clients_.end(client, delivery_.safe());
    ++killed;
  });
  reply.integer(killed);
}

void OwnParts::reset_counts() {
  counters_ = {};
  forwarder_.counts() = {};
  engine_.stats().reset();
}

// What is set holds until it is set again or the configuration is reloaded.
void OwnParts::set_config(Args args, ReplyWriter& reply) {
  reports::ConfigValues values = figures_.config_values();
  const std::string error = reports::set_config(values, args);
  tunables_.memory_of_node = values.memory_max;
  tunables_.memory_max = part_of(values.memory_max, config_.shards, config_.index);
  tunables_.evict_when_full = values.evict_when_full;
  tunables_.idle_timeout_ms = values.idle_timeout_ms;
  engine_.set_memory({.max = tunables_.memory_max, .evict = tunables_.evict_when_full});
  error.empty() ? reply.ok() : reply.error(error);
}

}  // namespace limpet::wide
