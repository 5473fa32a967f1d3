// SCAN, over all shards and nodes.
//
// A cursor is a slot and how far its walk is (command/scan.hpp). A call looks at a window of slots, so wide
// that about COUNT keys should be in it, going by how full this shard's own slots are: one slot where they
// are full, all of them where there is next to nothing. The owners of the window's slots answer at once;
// together they have got as far as the one that got least far (gather/walk.hpp), and that is the next cursor.
#include <algorithm>
#include <array>
#include <limpet/base/number.hpp>
#include <limpet/command/errors.hpp>
#include <limpet/command/scan.hpp>

#include "core.hpp"

namespace limpet::shard {

using command::kCursorPositionBits;

namespace {
constexpr command::Execution kScan{.merge = command::Merge::scan};
}

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
  if (partial) {
    const gather::Head head = wide_head_of(client, command::Merge::scan);
    gathers_.begin_partial_scan(head, part_args, nodes_asked(kScan, part_args));
    run_gathers();
    return true;
  }
  if (until - slot > 1) {
    gather_nodes(client, kScan, false, part_args);
    return true;
  }
  // One slot: only its owner is asked.
  const Route route = ownership_.slots().route(static_cast<Slot>(slot));
  if (route.kind == Route::Kind::wait) return wait_for_slot(client, static_cast<Slot>(slot));
  if (!has_room(route, client)) return false;
  gather::Head head = wide_head_of(client, command::Merge::scan);
  head.authenticated = client.authenticated;
  gathers_.begin_holder(head, part_args, static_cast<Slot>(slot));
  run_gathers();
  return true;
}

}  // namespace limpet::shard
