#include <algorithm>
#include <limpet/base/limits.hpp>
#include <limpet/command/errors.hpp>
#include <limpet/gather/part.hpp>
#include <limpet/wide/keys_here.hpp>
#include <string>
#include <vector>

namespace limpet::wide {

using command::Args;
using command::Builtin;
using command::Spec;
using resp::ReplyWriter;

std::optional<SlotSet> KeysHere::slots_asked_for(Args args) {
  const std::string_view bytes = args.back();
  return bytes.size() == SlotSet::kBytes ? SlotSet::read(bytes) : std::nullopt;
}

// Of this shard's slots those that are served here now.
SlotSet KeysHere::slots_served(const SlotSet& wanted) const {
  SlotSet served;
  for (unsigned at = config_.index; at < kSlots; at += config_.shards) {
    const auto slot = static_cast<Slot>(at);
    if (wanted.has(slot) && ownership_.slots().is_here(slot)) served.add(slot);
  }
  return served;
}

std::uint64_t KeysHere::keys_in(const SlotSet& slots) const {
  std::uint64_t keys = 0;
  slots.each([&](Slot slot) { keys += engine_.store().keys_in(slot); });
  return keys;
}

Lsn KeysHere::run(const Spec& spec, Args args, resp::Version version, Bytes& out) {
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

Lsn KeysHere::answer_roll(const Spec& spec, Args args, resp::Version version, Bytes& out) {
  ReplyWriter reply(out, version);
  const auto wanted = slots_asked_for(args);
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
  } else if (spec.builtin == Builtin::wait) {
    writer.integer(static_cast<std::int64_t>(confirmed_by_all(slots)));
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

// How many followers have all changes of these slots; as many as there may be, of none.
std::size_t KeysHere::confirmed_by_all(const SlotSet& slots) const {
  std::size_t least = kFollowersMax;
  slots.each([&](Slot slot) {
    least = std::min(least, figures_.copies() != nullptr ? figures_.copies()->confirmed_by(slot) : 0);
  });
  return least;
}

// RANDOMKEY: [how many keys these slots have, one of them].
void KeysHere::pick_key(const SlotSet& slots, ReplyWriter& reply) {
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

}  // namespace limpet::wide
