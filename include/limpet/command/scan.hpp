// What the arguments of SCAN ask for. A SCAN is walked in parts by whoever holds the cursor: the parts are
// the internal form of the command, `SCAN from_slot position until_slot count pattern type [slots]`, which the
// handler in the table runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limpet/command/command.hpp>
#include <limpet/store/store.hpp>
#include <string_view>

namespace limpet::command {

// The pattern that need not be looked at.
inline constexpr std::string_view kEveryKey = "*";

// A cursor of SCAN is a slot and, in so many bits behind it, how far its walk is: a mark of the store's seed
// and a position in the slot. So a cursor is below 2^53, which every client can count up to. That of HSCAN is
// a mark and a position in the hash.
inline constexpr unsigned kCursorPositionBits = store::kSeedMarkBits + store::kScanPositionBits;
static_assert((std::uint64_t{kSlots} << kCursorPositionBits) <= std::uint64_t{1} << 53);

struct ScanRequest {
  std::uint64_t cursor = 0;
  std::size_t count = 10;  // at least 1, cut to kScanCountMax
  std::string_view pattern = kEveryKey;
  std::string_view type = {};  // empty: every type
};

// Reads `SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]`. Returns the text of an error, or nothing.
// The views of `request` point into what `args` points into.
[[nodiscard]] std::string_view parse_scan(Args args, ScanRequest& request);

}  // namespace limpet::command
