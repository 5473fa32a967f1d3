#include "gather.hpp"

#include <algorithm>
#include <limpet/base/hash.hpp>
#include <limpet/base/number.hpp>
#include <limpet/command/errors.hpp>
#include <limpet/resp/value.hpp>
#include <tuple>

namespace limpet::shard {

namespace {

// Walks over the elements of an array that a shard wrote, here or on another node.
class ArrayReader {
 public:
  explicit ArrayReader(std::string_view reply) {
    const std::size_t end = reply.find("\r\n");
    // Another node may say what it likes: what is no array has no elements.
    if (!reply.starts_with('*') || end == std::string_view::npos) return;
    left_ = parse_uint64(reply.substr(1, end - 1)).value_or(0);
    rest_ = reply.substr(end + 2);
  }
  [[nodiscard]] std::size_t left() const { return left_; }

  // The next element as it stands, type byte and all; empty if there is none.
  std::string_view next() {
    if (left_ == 0) return {};
    const auto length = resp::value_length(rest_);
    if (!length || !*length) {
      left_ = 0;
      return {};
    }
    const std::string_view element = rest_.substr(0, **length);
    rest_.remove_prefix(**length);
    --left_;
    return element;
  }

  // The content of the next element, a bulk string or an integer.
  std::string_view next_text() {
    const std::string_view element = next();
    const std::size_t head = element.find("\r\n");
    if (head == std::string_view::npos) return {};
    if (element.front() == ':') return element.substr(1, head - 1);
    return element.substr(head + 2, element.size() - head - 4);
  }

 private:
  std::string_view rest_;
  std::size_t left_ = 0;
};

std::string_view error_of(const Gather::Part& part) {
  // The body of this outcome is the name of a node, nothing for a client.
  if (part.outcome == peer::Outcome::not_mine) return "TRYAGAIN the owner of a slot is changing";
  if (part.outcome != peer::Outcome::done) return part.reply.view();
  if (!is_error(part.reply.view())) return {};
  const std::string_view line = part.reply.view().substr(1);
  return line.substr(0, line.find('\r'));
}

bool may_have_run(const Gather::Part& part) {
  if (part.outcome == peer::Outcome::in_doubt) return true;
  return part.outcome == peer::Outcome::done &&
         (!is_error(part.reply.view()) || part.reply.view().starts_with("-INDOUBT"));
}

}  // namespace

std::size_t bytes_kept(const Gather& gather) {
  std::size_t bytes = sizeof gather + (gather.too_long ? 0 : gather.bytes) +
                      gather.parts.size() * sizeof(Gather::Part) +
                      gather.part_of_key.size() * sizeof(std::uint32_t);
  for (const std::string& arg : gather.args) bytes += arg.size();
  if (gather.roll_call) bytes += sizeof(RollCall);
  if (gather.partial) {
    bytes += sizeof(Gather::Partial) + gather.partial->silent.size() * sizeof(Gather::Part);
    for (const Gather::Part& part : gather.partial->silent) bytes += part.reply.size();
  }
  if (gather.relocation) {
    const Relocation& move = *gather.relocation;
    bytes += sizeof move + move.from.size() + move.to.size() + move.value.size();
  }
  return bytes;
}

std::string error_of_part(const Gather::Part& part) { return std::string(error_of(part)); }

void take_failed_parts(Gather& gather) {
  if (!gather.partial) gather.partial = std::make_unique<Gather::Partial>();
  std::vector<Gather::Part> fine;
  for (Gather::Part& part : gather.parts) {
    (error_of(part).empty() ? fine : gather.partial->silent).push_back(std::move(part));
  }
  gather.parts = std::move(fine);
  gather.roll_parts = gather.parts.size();
}

std::string error_of_parts(const Gather& gather) {
  if (gather.too_long) return std::string(command::kReplyTooLong);
  const auto failed = std::find_if(gather.parts.begin(), gather.parts.end(),
                                   [](const Gather::Part& part) { return !error_of(part).empty(); });
  if (failed == gather.parts.end()) return {};
  std::string error(error_of(*failed));
  const bool ran = std::any_of(gather.parts.begin(), gather.parts.end(), may_have_run);
  if (!gather.write || !ran) return error;
  return "INDOUBT a part of the command may have been executed: " + error;
}

void merge_sum(const Gather& gather, resp::ReplyWriter& reply) {
  std::int64_t sum = 0;
  for (const Gather::Part& part : gather.parts) {
    if (!part.reply.view().starts_with(':')) continue;
    const std::string_view line = part.reply.view().substr(1);
    sum += parse_int64(line.substr(0, line.find('\r'))).value_or(0);
  }
  reply.integer(sum);
}

void merge_in_key_order(const Gather& gather, resp::ReplyWriter& reply) {
  std::vector<ArrayReader> readers;
  readers.reserve(gather.parts.size());
  for (const Gather::Part& part : gather.parts) readers.emplace_back(part.reply.view());
  reply.array(gather.part_of_key.size());
  for (const std::uint32_t part : gather.part_of_key) {
    const std::string_view element = readers[part].next();
    if (element.empty()) {
      reply.null();
    } else {
      reply.out().append(element);
    }
  }
}

void merge_concat(const Gather& gather, resp::ReplyWriter& reply) {
  std::vector<ArrayReader> readers;
  std::size_t elements = 0;
  for (const Gather::Part& part : gather.parts) {
    elements += readers.emplace_back(part.reply.view()).left();
  }
  reply.array(elements);
  for (ArrayReader& reader : readers) {
    while (reader.left() > 0) {
      // Another node may promise more elements than it sends.
      const std::string_view element = reader.next();
      element.empty() ? reply.null() : reply.out().append(element);
    }
  }
}

void merge_pick(const Gather& gather, std::uint64_t random, resp::ReplyWriter& reply) {
  std::uint64_t total = 0;
  std::string_view picked;
  // Each key that there is has the same chance to be in the part that is left.
  for (const Gather::Part& part : gather.parts) {
    ArrayReader reader(part.reply.view());
    const std::uint64_t count = parse_uint64(reader.next_text()).value_or(0);
    if (count == 0) continue;
    total += count;
    random = hash64({reinterpret_cast<const char*>(&random), sizeof random});
    if (random % total < count) picked = reader.next_text();
  }
  reply.array(total == 0 ? 1 : 2);
  reply.bulk_integer(static_cast<std::int64_t>(total));
  if (total > 0) reply.bulk(picked);
}

std::optional<std::string_view> bulk_of(const Gather& gather) {
  const std::string_view reply = gather.parts.front().reply.view();
  const std::size_t head = reply.find("\r\n");
  if (!reply.starts_with('$') || reply.starts_with("$-") || head == std::string_view::npos)
    return std::nullopt;
  return reply.substr(head + 2, reply.size() - head - 4);
}

void merge_text(const Gather& gather, resp::ReplyWriter& reply) {
  std::string text;
  for (const Gather::Part& part : gather.parts) {
    ArrayReader reader(part.reply.view());
    while (reader.left() > 0) text += reader.next_text();
  }
  reply.verbatim(text);
}

// ---- Commands about all keys ----

void write_roll_answer(resp::ReplyWriter& reply, const SlotSet& slots, std::string_view answer) {
  reply.array(2);
  reply.bulk(slots.bytes());
  reply.out().append(answer);
}

void take_roll_answers(Gather& gather) {
  for (; gather.roll_parts < gather.parts.size(); ++gather.roll_parts) {
    Gather::Part& part = gather.parts[gather.roll_parts];
    if (part.outcome != peer::Outcome::done || is_error(part.reply.view()) || gather.too_long) continue;
    ArrayReader reader(part.reply.view());
    const auto slots = SlotSet::read(reader.next_text());
    const std::string_view element = reader.next();
    Bytes answer;
    if (!slots || element.empty()) {
      resp::ReplyWriter(answer, gather.version).error("ERR the nodes run different releases of limpet");
    } else if (gather.roll_call->answers(*slots)) {
      answer.append(element);
    }
    part.reply = std::move(answer);
  }
}

// ---- SCAN ----

namespace {

struct ScanPart {
  std::uint64_t slot = 0;
  std::uint64_t position = 0;
  SlotSet slots;
  ArrayReader keys;
};

ScanPart scan_part(const Gather::Part& part, const ScanWindow& window) {
  ArrayReader reader(part.reply.view());
  const std::uint64_t slot = parse_uint64(reader.next_text()).value_or(window.from);
  const std::uint64_t position = parse_uint64(reader.next_text()).value_or(0);
  const SlotSet slots = SlotSet::read(reader.next_text(), window.from).value_or(SlotSet{});
  // Another node may say what it likes.
  return {std::clamp(slot, window.from, window.until), position, slots, reader};
}

}  // namespace

ScanWindow scan_window(const Gather& gather) {
  const std::uint64_t until = parse_uint64(gather.args[3]).value_or(kSlots);
  return {parse_uint64(gather.args[1]).value_or(0), until};
}

ScanReach scan_reach(const Gather& gather) {
  const ScanWindow window = scan_window(gather);
  ScanReach reach{.slot = window.until, .position = 0, .part = 0, .slots = {}};
  for (std::size_t i = 0; i < gather.parts.size(); ++i) {
    const ScanPart part = scan_part(gather.parts[i], window);
    reach.slots |= part.slots;
    if (i > 0 && std::tie(part.slot, part.position) >= std::tie(reach.slot, reach.position)) continue;
    reach.slot = part.slot;
    reach.position = part.position;
    reach.part = i;
  }
  if (gather.kind != GatherKind::scan_reply && gather.kind != GatherKind::partial_scan) return reach;
  if (gather.partial) reach.slots |= gather.partial->excused;
  const std::uint64_t first = reach.slots.first_absent(window.from, reach.slot);
  if (first < reach.slot) {
    reach.slot = first;
    reach.position = 0;
    reach.part = gather.parts.size();
  }
  return reach;
}

std::vector<std::string_view> scan_keys(const Gather& gather, const ScanReach& reach) {
  std::vector<std::string_view> keys;
  for (std::size_t i = 0; i < gather.parts.size(); ++i) {
    ScanPart part = scan_part(gather.parts[i], scan_window(gather));
    while (part.keys.left() > 0) {
      const std::string_view key = part.keys.next_text();
      if (i == reach.part || slot_of(key) < reach.slot) keys.push_back(key);
    }
  }
  return keys;
}

void merge_scan(const Gather& gather, resp::ReplyWriter& reply) {
  const ScanReach reach = scan_reach(gather);
  const std::vector<std::string_view> keys = scan_keys(gather, reach);
  reply.array(keys.size() + 3);
  reply.bulk_integer(static_cast<std::int64_t>(reach.slot));
  reply.bulk_integer(static_cast<std::int64_t>(reach.position));
  reply.bulk(reach.slots.bytes(scan_window(gather).from, reach.slot));
  for (const std::string_view key : keys) reply.bulk(key);
}

}  // namespace limpet::shard
