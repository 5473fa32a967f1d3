// Walk: the parts of a SCAN (command/scan.hpp), which the owners of a window of slots answer at once.
//
// Together they have got as far as the one that got least far, and no further than to the first slot that
// none of them answers for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limpet/base/slot_set.hpp>
#include <limpet/gather/part.hpp>
#include <limpet/resp/reply.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::gather {

struct ScanWindow {
  std::uint64_t from = 0;
  std::uint64_t until = 0;
};
// `args`: SCAN in its internal form.
[[nodiscard]] ScanWindow scan_window(std::span<const std::string> args);

struct ScanReach {
  std::uint64_t slot = 0;
  std::uint64_t position = 0;
  std::size_t part = 0;  // that got least far; none: it ends at a slot before, which nobody answers for
  SlotSet slots;         // that parts answer for, up to there
};

// Where parts are the shards of one node, slots that none of them answers for are another node's.
[[nodiscard]] ScanReach reach_on_node(Parts parts, ScanWindow window);
// Where they are all nodes, the first of them is where the walk ends, but for those that it does without.
[[nodiscard]] ScanReach reach_of_all(Parts parts, ScanWindow window, const SlotSet& excused = {});

// What the parts have found up to there: what is behind it will be found again.
[[nodiscard]] std::vector<std::string_view> scan_keys(Parts parts, ScanWindow window, const ScanReach& reach);

// Parts of the shards, into one such part of their node.
void merge_scan(Parts parts, ScanWindow window, resp::ReplyWriter& reply);
// What the client gets: [cursor, [key ...]].
void reply_scan(Parts parts, ScanWindow window, const SlotSet& excused, resp::ReplyWriter& reply);

}  // namespace limpet::gather
