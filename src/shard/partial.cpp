// CLUSTER PARTIAL: DBSIZE, KEYS and SCAN of the nodes that answer, where not all do.
//
// The reply says what is missing, in every protocol: it is an array of what the nodes that answer have, as
// the command itself would reply, and of the names of the others, each with the reason; slots that nobody is
// known to hold are behind an empty name. Whoever asks for less than all gets it in a form that cannot be
// taken for all.
#include <algorithm>
#include <limpet/base/text.hpp>
#include <limpet/command/errors.hpp>
#include <set>

#include "core.hpp"

namespace limpet::shard {

namespace {

// Is the slot where a part of this was not answered?
bool is_silent_in(const Gather& gather, const SlotTable& slots, Slot slot) {
  const Route route = slots.route(slot);
  const std::vector<Gather::Part>& silent = gather.partial->silent;
  return route.kind == Route::Kind::peer && std::any_of(silent.begin(), silent.end(), [&](const auto& part) {
           return part.node == route.target;
         });
}

}  // namespace

// `args`: behind CLUSTER PARTIAL.
bool Core::take_partial(Client& client, Args args) {
  const Spec* const spec = command::find(args[0]);
  if (spec == nullptr || (spec->name != "dbsize" && spec->name != "keys" && spec->name != "scan")) {
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
  if (spec->name == "scan") return take_scan(client, args, true);
  std::vector<std::string_view> asked(args.begin(), args.end());
  const SlotSet all = SlotSet::all();
  asked.push_back(all.bytes());  // as all_keys.cpp has it
  const GatherKind kind = spec->name == "keys" ? GatherKind::partial_concat : GatherKind::partial_sum;
  auto [name, gather] = begin_gather(kind, keep_place(client), client.version);
  client.barrier = true;
  keep_args(gather, asked);
  call_roll(gather, asked, false);
  ask_for_missing(name, gather);
  return true;
}

// The parts have their answers. True: the reply is made of them; false: others are asked later.
bool Core::partial_called(GatherName name, Gather& gather, Bytes& out) {
  if (gather.roll_call) take_roll_answers(gather);
  take_failed_parts(gather);
  // Slots that are not waited for: of nodes that do not answer, and of nobody.
  for (unsigned at = 0; at < kSlots; ++at) {
    const auto slot = static_cast<Slot>(at);
    const bool nobody =
        ownership_.slots().route(slot).kind == Route::Kind::refuse || is_unfounded(ownership_, slot);
    if (nobody || is_silent_in(gather, ownership_.slots(), slot)) gather.partial->excused.add(slot);
  }
  if (gather.roll_call) {
    SlotSet awaited = gather.roll_call->missing();
    awaited -= gather.partial->excused;
    if (!awaited.empty() && !gather.roll_call->out_of_time(now_.steady_ms)) {
      gather.open = 1;
      roll_calls_.push_back(name);
      return false;
    }
  }
  ReplyWriter reply(out, gather.version);
  std::vector<std::pair<std::string, std::string>> missing;
  std::set<NodeIndex> named;
  for (const Gather::Part& part : gather.partial->silent) {
    // Who cannot answer for itself has nothing to say of others either.
    if (part.node == config_.self || gather.too_long) {
      reply.error(error_of_part(part));
      return true;
    }
    if (named.insert(part.node).second)
      missing.emplace_back(view_->nodes[part.node].name, error_of_part(part));
  }
  const SlotSet absent = gather.roll_call ? gather.roll_call->missing() : gather.partial->excused;
  std::size_t nobodys = 0;
  absent.each([&](Slot slot) { nobodys += is_silent_in(gather, ownership_.slots(), slot) ? 0U : 1U; });
  if (nobodys > 0) missing.emplace_back("", "no node has answered for " + std::to_string(nobodys) + " slots");
  reply.array(2);
  if (gather.kind == GatherKind::partial_sum) merge_sum(gather, reply);
  if (gather.kind == GatherKind::partial_concat) merge_concat(gather, reply);
  if (gather.kind == GatherKind::partial_scan) scan_reply(gather, reply);
  reply.array(2 * missing.size());
  for (const auto& [who, why] : missing) {
    reply.bulk(who);
    reply.bulk(why);
  }
  return true;
}

}  // namespace limpet::shard
