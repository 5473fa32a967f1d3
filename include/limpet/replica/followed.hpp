// Followed: what a follower says back of a stream: how far it has come, how much of it is as safe as the
// follower's own durability makes things, and how its copies of slots are.
//
//   followed = stream (8 bytes), taken (8), confirmed (8), states
//   state    = slot (2), kind (1), last change (24: term, number, boot)
//
// What it says is true until it says something else, so any of them may be lost. All integers are
// little-endian.
#pragma once

#include <cstdint>
#include <limpet/base/bytes.hpp>
#include <limpet/base/last_change.hpp>
#include <limpet/base/slot.hpp>
#include <optional>
#include <string_view>
#include <vector>

namespace limpet::replica {

// How the copy of a slot is, in answer to an ask, or since something is wrong with it.
struct CopyState {
  enum class Kind : std::uint8_t {
    has = 1,      // all changes up to that one
    refused = 2,  // it takes none from this owner: it is another's, or its own
    full = 3,     // ... for want of room, or as its disk is in trouble
    broken = 4,   // what came did not fit to what is there, which is worth nothing now
  };
  Slot slot = 0;
  Kind kind{};
  LastChange last{};
};

struct Followed {
  std::uint64_t stream = 0;
  std::uint64_t taken = 0;      // bytes of the stream
  std::uint64_t confirmed = 0;  // at most as many
  std::vector<CopyState> states{};
};

void append_followed(Bytes& out, const Followed& followed);
// Nothing: these bytes are none.
[[nodiscard]] std::optional<Followed> read_followed(std::string_view bytes);

}  // namespace limpet::replica
