#include "gather.hpp"

#include <limpet/base/limits.hpp>
#include <limpet/command/errors.hpp>

#include "merge.hpp"
#include "walk.hpp"

namespace limpet::gather {

using command::Merge;

void Gather::take(std::uint32_t at, peer::Outcome outcome, std::string_view body) {
  Part& part = parts[at];
  part.outcome = outcome;
  bytes += body.size();
  if (bytes > kReplyBytesMax && outcome == peer::Outcome::done) {
    // What was gathered so far goes, too: the whole is an error now.
    release_replies();
    resp::ReplyWriter(part.reply, head.version).error(command::kReplyTooLong);
    too_long = true;
  } else if (!too_long || outcome != peer::Outcome::done) {
    part.reply.append(body);
  }
}

void Gather::take_roll_answers() {
  for (; roll_parts < parts.size(); ++roll_parts) {
    Part& part = parts[roll_parts];
    if (part.outcome != peer::Outcome::done || is_error(part.reply.view()) || too_long) continue;
    roll_call->take(part, head.version);
  }
}

void Gather::forget_parts() {
  parts.clear();
  roll_parts = 0;
  bytes = 0;
}

std::string Gather::failure() const {
  return too_long ? std::string(command::kReplyTooLong) : error_of(parts, head.write);
}

void Gather::release_replies() {
  for (Part& part : parts) part.reply.release();
}

std::size_t Gather::bytes_kept() const {
  std::size_t kept = sizeof *this + (too_long ? 0 : bytes) + parts.size() * sizeof(Part) +
                     part_of_key.size() * sizeof(std::uint32_t);
  for (const std::string& arg : args) kept += arg.size();
  if (roll_call) kept += sizeof(RollCall);
  if (partial) kept += partial->bytes();
  if (relocation) kept += relocation->bytes();
  return kept;
}

void Gather::merge(resp::ReplyWriter& reply) const {
  switch (head.merge) {
    case Merge::sum:
      return merge_sum(parts, reply);
    case Merge::least:
      return reply.integer(least_of(parts));
    case Merge::any:
      return sum_of(parts) == 0 ? reply.error(command::kNoSuchClient) : reply.ok();
    case Merge::all_ok:
      return reply.ok();
    case Merge::gather:
      return merge_in_key_order(parts, part_of_key, reply);
    case Merge::concat:
      return merge_concat(parts, reply);
    case Merge::text:
      return merge_text(parts, reply);
    case Merge::pick:
      return head.part ? merge_pick(parts, head.random, reply) : reply_pick(parts, head.random, reply);
    case Merge::scan:
      return head.part
                 ? merge_scan(parts, scan_window(args), reply)
                 : reply_scan(parts, scan_window(args), partial ? partial->excused() : SlotSet{}, reply);
    case Merge::none:
    case Merge::by_node:
    case Merge::info:
    case Merge::status:
      return;
  }
}

}  // namespace limpet::gather
