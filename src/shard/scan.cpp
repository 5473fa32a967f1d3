// SCAN, over all shards and nodes.
//
// A cursor is a slot and a position in it: slot * 2^39 + position, below 2^53. A call looks at a window of
// slots, so wide that about COUNT keys should be in it, going by how full this shard's own slots are: one
// slot where they are full, all of them where there is next to nothing. The owners of the window's slots
// answer at once; together they have got as far as the one that got least far (gather.cpp), and that is the
// next cursor.
#include <algorithm>
#include <array>
#include <limpet/base/number.hpp>
#include <limpet/command/errors.hpp>
#include <limpet/command/scan.hpp>

#include "core.hpp"

namespace limpet::shard {

namespace {
constexpr unsigned kPositionBits = 39;
}

unsigned Core::scan_width(std::size_t count) const {
  const std::uint64_t keys = store_.stats().keys;
  if (keys == 0 || slots_here_ == 0) return kSlots;
  return static_cast<unsigned>(std::clamp<std::uint64_t>(count * slots_here_ / keys, 1, kSlots));
}

bool Core::take_scan(Client& client, Args args) {
  command::ScanRequest scan;
  if (const std::string_view error = command::parse_scan(args, scan); !error.empty()) {
    reply_error(client, error);
    return true;
  }
  const std::uint64_t position = scan.cursor & ((std::uint64_t{1} << kPositionBits) - 1);
  const std::uint64_t slot = scan.cursor >> kPositionBits;
  if (slot >= kSlots) {
    reply_error(client, command::kInvalidCursor);
    return true;
  }
  const std::uint64_t until =
      position > 0 ? slot + 1 : std::min<std::uint64_t>(slot + scan_width(scan.count), kSlots);
  const std::string from_text = std::to_string(slot);
  const std::string position_text = std::to_string(position);
  const std::string until_text = std::to_string(until);
  const std::string count_text = std::to_string(scan.count);
  const std::array<std::string_view, 7> part_args = {"SCAN",     from_text,    position_text, until_text,
                                                     count_text, scan.pattern, scan.type};
  const Route route = router_.route(static_cast<Slot>(slot));
  if (until - slot > 1 || route.kind == Route::Kind::refuse) {
    const Origin origin = keep_place(client);
    client.barrier = true;
    gather_nodes(GatherKind::scan_reply, origin, client.version, false, part_args);
    return true;
  }
  // One slot: only its owner is asked.
  if (route.kind == Route::Kind::wait) return wait_for_slot(client, static_cast<Slot>(slot));
  if (!has_room(route, client)) return false;
  auto [name, gather] = begin_gather(GatherKind::scan_reply, keep_place(client), client.version);
  client.barrier = true;
  const Origin part = next_part(name, gather, 0);
  if (route.kind == Route::Kind::here) {
    Bytes reply;
    run(*command::find("scan"), part_args, client.version, reply);
    part_done(part, Outcome::done, reply.view());
  } else {
    const peer::Request request = first_hop(Reach::slot, client.version, client.authenticated);
    forward(route, static_cast<Slot>(slot), part, request, part_args, false);
  }
  close_gather(name, gather);
  return true;
}

void Core::scan_reply(const Gather& gather, ReplyWriter& reply) {
  // The merged part is [next slot, next position, key ...]; the client gets [cursor, [key ...]].
  Bytes merged;
  ReplyWriter writer(merged, gather.version);
  const ScanProgress progress = merge_scan(gather, writer);
  reply.array(2);
  const std::uint64_t cursor =
      progress.slot >= kSlots ? 0 : (progress.slot << kPositionBits) + progress.position;
  reply.bulk_integer(static_cast<std::int64_t>(cursor));
  reply.array(progress.keys);
  reply.out().append(merged.view().substr(progress.keys_at));
}

// This shard's part of RANDOMKEY: [how many keys it has, one of them].
void Core::pick_key(ReplyWriter& reply) {
  constexpr unsigned kLooksMax = 1000;  // in vain, at expired keys
  const std::uint64_t keys = store_.stats().keys;
  std::string picked;
  bool found = false;
  auto slot = static_cast<Slot>(random() % kSlots);
  for (unsigned looks = 0; keys > 0 && !found && looks < kLooksMax; ++looks) {
    while (store_.keys_in(slot) == 0) slot = static_cast<Slot>((slot + 1) % kSlots);
    const std::uint64_t position = random() >> (64 - kPositionBits);
    store_.scan(slot, looks % 2 == 0 ? position : 0, 1, now_.unix_ms, [&](const store::Item& item) {
      picked = item.key();
      found = true;
    });
    if (!found && looks % 2 == 1) slot = static_cast<Slot>((slot + 1) % kSlots);
  }
  reply.array(found ? 2 : 1);
  reply.bulk_integer(found ? static_cast<std::int64_t>(keys) : 0);
  if (found) reply.bulk(picked);
}

void Core::pick_reply(const Gather& gather, ReplyWriter& reply) {
  Bytes merged;
  ReplyWriter writer(merged, gather.version);
  merge_pick(gather, random(), writer);
  // The key is the last element as it stands, behind the count.
  constexpr std::string_view kEmpty = "*1";
  if (merged.view().starts_with(kEmpty)) return reply.null();
  std::size_t at = merged.view().find("\r\n") + 2;  // behind the array's head
  at = merged.view().find("\r\n", at) + 2;          // behind the length of the count
  at = merged.view().find("\r\n", at) + 2;          // behind the count
  reply.out().append(merged.view().substr(at));
}

}  // namespace limpet::shard
