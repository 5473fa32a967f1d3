// SCAN, over all shards and nodes.
//
// A cursor is a slot and how far its walk is (command/scan.hpp). A call looks at a window of slots, so wide
// that about COUNT keys should be in it, going by how full this shard's own slots are: one slot where they
// are full, all of them where there is next to nothing. The owners of the window's slots answer at once;
// together they have got as far as the one that got least far (gather.cpp), and that is the next cursor.
#include <algorithm>
#include <array>
#include <limpet/base/number.hpp>
#include <limpet/command/errors.hpp>
#include <limpet/command/scan.hpp>

#include "core.hpp"

namespace limpet::shard {

using command::kCursorPositionBits;

unsigned Core::scan_width(std::size_t count) const {
  const std::uint64_t keys = engine_.store().stats().keys;
  if (keys == 0 || ownership_.slots().served() == 0) return kSlots;
  return static_cast<unsigned>(
      std::clamp<std::uint64_t>(count * ownership_.slots().served() / keys, 1, kSlots));
}

// `partial`: of the nodes that answer.
bool Core::take_scan(Client& client, Args args, bool partial) {
  command::ScanRequest scan;
  if (const std::string_view error = command::parse_scan(args, scan); !error.empty()) {
    reply_error(client, error);
    return true;
  }
  const std::uint64_t position = scan.cursor & ((std::uint64_t{1} << kCursorPositionBits) - 1);
  const std::uint64_t slot = scan.cursor >> kCursorPositionBits;
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
  if (partial || until - slot > 1) {
    const Origin origin = keep_place(client);
    client.barrier = true;
    gather_nodes(partial ? GatherKind::partial_scan : GatherKind::scan_reply, origin, client.version, false,
                 part_args);
    return true;
  }
  // One slot: only its owner is asked.
  const Route route = ownership_.slots().route(static_cast<Slot>(slot));
  if (route.kind == Route::Kind::wait) return wait_for_slot(client, static_cast<Slot>(slot));
  if (!has_room(route, client)) return false;
  auto [name, gather] = begin_gather(GatherKind::scan_reply, keep_place(client), client.version);
  client.barrier = true;
  gather.authenticated = client.authenticated;
  keep_args(gather, part_args);
  ask_owner(name, gather, static_cast<Slot>(slot), part_args, false);
  close_gather(name, gather);
  return true;
}

// Has the walk got on, so that the client can be told so? It has not where nobody answered for the very first
// slot of the window, which is on its way between nodes, or out of reach: then that one is asked for alone,
// so that the client waits for it, or gets its error.
bool Core::scan_got_on(GatherName name, Gather& gather) {
  const ScanWindow window = scan_window(gather);
  if (window.until - window.from <= 1 || !error_of_parts(gather).empty()) return true;
  const ScanReach reach = scan_reach(gather);
  if (reach.slot > window.from || reach.position > 0) return true;
  gather.parts.clear();
  gather.bytes = 0;
  gather.open = 1;
  gather.args[3] = std::to_string(window.from + 1);
  const std::vector<std::string_view> args(gather.args.begin(), gather.args.end());
  ask_owner(name, gather, static_cast<Slot>(window.from), args, false);
  close_gather(name, gather);
  return false;
}

// The client gets [cursor, [key ...]].
void Core::scan_reply(const Gather& gather, ReplyWriter& reply) {
  const ScanReach reach = scan_reach(gather);
  const std::vector<std::string_view> keys = scan_keys(gather, reach);
  reply.array(2);
  const std::uint64_t cursor =
      reach.slot >= kSlots ? 0 : (reach.slot << kCursorPositionBits) + reach.position;
  reply.bulk_integer(static_cast<std::int64_t>(cursor));
  reply.array(keys.size());
  for (const std::string_view key : keys) reply.bulk(key);
}

}  // namespace limpet::shard
