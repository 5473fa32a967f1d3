#include "walk.hpp"

#include <algorithm>
#include <limpet/base/number.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/command/scan.hpp>
#include <tuple>

#include "array_reader.hpp"

namespace limpet::gather {

namespace {

struct ScanPart {
  std::uint64_t slot = 0;
  std::uint64_t position = 0;
  SlotSet slots;
  ArrayReader keys;
};

ScanPart scan_part(const Part& part, ScanWindow window) {
  ArrayReader reader(part.reply.view());
  const std::uint64_t slot = parse_uint64(reader.next_text()).value_or(window.from);
  const std::uint64_t position = parse_uint64(reader.next_text()).value_or(0);
  const SlotSet slots = SlotSet::read(reader.next_text(), window.from).value_or(SlotSet{});
  // Another node may say what it likes.
  return {std::clamp(slot, window.from, window.until), position, slots, reader};
}

}  // namespace

ScanWindow scan_window(std::span<const std::string> args) {
  return {parse_uint64(args[1]).value_or(0), parse_uint64(args[3]).value_or(kSlots)};
}

ScanReach reach_on_node(Parts parts, ScanWindow window) {
  ScanReach reach{.slot = window.until, .position = 0, .part = 0, .slots = {}};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const ScanPart part = scan_part(parts[i], window);
    reach.slots |= part.slots;
    if (i > 0 && std::tie(part.slot, part.position) >= std::tie(reach.slot, reach.position)) continue;
    reach.slot = part.slot;
    reach.position = part.position;
    reach.part = i;
  }
  return reach;
}

ScanReach reach_of_all(Parts parts, ScanWindow window, const SlotSet& excused) {
  ScanReach reach = reach_on_node(parts, window);
  reach.slots |= excused;
  const std::uint64_t first = reach.slots.first_absent(window.from, reach.slot);
  if (first < reach.slot) {
    reach.slot = first;
    reach.position = 0;
    reach.part = parts.size();
  }
  return reach;
}

std::vector<std::string_view> scan_keys(Parts parts, ScanWindow window, const ScanReach& reach) {
  std::vector<std::string_view> keys;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    ScanPart part = scan_part(parts[i], window);
    while (part.keys.left() > 0) {
      const std::string_view key = part.keys.next_text();
      if (i == reach.part || slot_of(key) < reach.slot) keys.push_back(key);
    }
  }
  return keys;
}

void merge_scan(Parts parts, ScanWindow window, resp::ReplyWriter& reply) {
  const ScanReach reach = reach_on_node(parts, window);
  const std::vector<std::string_view> keys = scan_keys(parts, window, reach);
  reply.array(keys.size() + 3);
  reply.bulk_integer(static_cast<std::int64_t>(reach.slot));
  reply.bulk_integer(static_cast<std::int64_t>(reach.position));
  reply.bulk(reach.slots.bytes(window.from, reach.slot));
  for (const std::string_view key : keys) reply.bulk(key);
}

void reply_scan(Parts parts, ScanWindow window, const SlotSet& excused, resp::ReplyWriter& reply) {
  const ScanReach reach = reach_of_all(parts, window, excused);
  const std::vector<std::string_view> keys = scan_keys(parts, window, reach);
  reply.array(2);
  const std::uint64_t cursor =
      reach.slot >= kSlots ? 0 : (reach.slot << command::kCursorPositionBits) + reach.position;
  reply.bulk_integer(static_cast<std::int64_t>(cursor));
  reply.array(keys.size());
  for (const std::string_view key : keys) reply.bulk(key);
}

}  // namespace limpet::gather
