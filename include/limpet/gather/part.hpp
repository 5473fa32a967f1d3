// Part: what one of those who were asked for their part of a command has answered.
//
// An error of a part is the error of the whole; -INDOUBT if it is a write of which a part may have run.
// Values; nothing fails.
#pragma once

#include <cstdint>
#include <limpet/base/bytes.hpp>
#include <limpet/base/slot_set.hpp>
#include <limpet/peer/frame.hpp>
#include <limpet/resp/reply.hpp>
#include <limpet/ring/ring.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::gather {

using ring::NodeIndex;

struct Part {
  peer::Outcome outcome = peer::Outcome::done;
  Bytes reply;
  NodeIndex node = 0;  // that was asked, where nodes are asked
};
using Parts = std::span<const Part>;

// Is this reply an error?
[[nodiscard]] inline bool is_error(std::string_view reply) { return !reply.empty() && reply.front() == '-'; }

// Without its leading '-' and CR LF; empty: the part is fine. Lives as long as the part.
[[nodiscard]] std::string_view error_of(const Part& part);

// The error of the whole, in the same form; empty: every part is fine.
[[nodiscard]] std::string error_of(Parts parts, bool write);

// Takes those that are errors out of `parts`, and puts them behind `failed`.
void take_failed(std::vector<Part>& parts, std::vector<Part>& failed);

// A part of a command about all keys says for which slots it answers: [slots, answer].
void write_roll_answer(resp::ReplyWriter& reply, const SlotSet& slots, std::string_view answer);

}  // namespace limpet::gather
