// Gather: a command that was cut into parts, while its parts are under way, and how their replies become one.
//
// Parts are the sessions of a split command (MGET, DEL ...), the shards of a node, or the nodes of the
// cluster. An error of a part is the error of the whole; -INDOUBT if it is a write of which a part may have
// run.
#pragma once

#include <cstdint>
#include <limpet/command/relocate.hpp>
#include <limpet/resp/reply.hpp>
#include <limpet/shard/shard.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "names.hpp"
#include "roll_call.hpp"

namespace limpet::shard {

enum class GatherKind : std::uint8_t {
  sum,           // integers, added
  all_ok,        // +OK if all say so
  in_key_order,  // arrays with an element for each key of the part
  concat,        // arrays, one behind the other
  pick,          // of [how many, one of them] of each part one such pair, by chance (RANDOMKEY)
  pick_reply,    // the same, into what the client gets
  relocate,      // the step of a RENAME or COPY that is under way (relocate.cpp)
  scan,          // parts of a SCAN, into one such part
  scan_reply,    // parts of a SCAN, into what the client gets
  killed_one,    // integers; +OK unless their sum is 0 (CLIENT KILL ADDRESS)
  text,          // bulk strings, one behind the other
  info,          // figures of the shards, into INFO
  node_status,   // figures of the shards, into the map of one node
  partial_sum,   // sum, concat and scan_reply of the nodes that answer, with the names of the others
  partial_concat,
  partial_scan,
  each_node,       // [name of the node, what it says, ...]
  cluster_status,  // those maps; nodes that do not answer are shown as such
};

[[nodiscard]] inline bool is_partial(GatherKind kind) {
  return kind == GatherKind::partial_sum || kind == GatherKind::partial_concat ||
         kind == GatherKind::partial_scan;
}

// A RENAME or COPY between sessions that live apart, and how far it has got.
struct Relocation {
  enum class Step : std::uint8_t { read, write, erase };
  command::PairRequest request;
  std::string from;
  std::string to;
  Step step = Step::read;
  std::string value;    // as it was read
  unsigned rounds = 1;  // readings so far
};

struct Gather {
  struct Part {
    peer::Outcome outcome = peer::Outcome::done;
    Bytes reply;
    NodeIndex node = 0;  // that was asked, for cluster_status and each_node
  };

  struct Partial {
    std::vector<Part> silent;  // parts that failed
    SlotSet excused;           // slots that it does without
  };

  GatherKind kind = GatherKind::sum;
  Origin origin;
  resp::Version version = resp::Version::resp2;
  bool write = false;
  bool authenticated = true;  // of the client, for steps that are sent later
  std::size_t open = 0;       // parts not answered yet, and one more while they are being sent
  std::vector<Part> parts;
  std::size_t bytes = 0;                   // of all replies
  std::size_t charged = 0;                 // to whoever asked
  std::uint64_t needs = 0;                 // of the journal's stream, by the parts of this shard
  bool too_long = false;                   // more than kReplyBytesMax
  std::vector<std::uint32_t> part_of_key;  // in_key_order
  std::vector<std::string> args;           // of the command, where the end needs them
  std::unique_ptr<RollCall> roll_call;     // of a command about all keys (all_keys.cpp)
  std::size_t roll_parts = 0;              // parts that it has heard
  std::unique_ptr<Partial> partial;        // of one that does with the nodes that answer (partial.cpp)
  bool for_node = false;                   // its reply says for which slots it answers
  std::unique_ptr<Relocation> relocation;  // of relocate
};

// What it takes.
[[nodiscard]] std::size_t bytes_kept(const Gather& gather);

// Is this reply an error?
[[nodiscard]] inline bool is_error(std::string_view reply) { return !reply.empty() && reply.front() == '-'; }

// The error of one part, or nothing if it is fine. Without its leading '-' and CR LF.
[[nodiscard]] std::string error_of_part(const Gather::Part& part);
// Puts the parts that are errors aside.
void take_failed_parts(Gather& gather);

// The error of the whole, or nothing if every part is fine. With its leading '-', without CR LF.
[[nodiscard]] std::string error_of_parts(const Gather& gather);

// The ways to put replies together. REQUIRES: error_of_parts() found nothing.
void merge_sum(const Gather& gather, resp::ReplyWriter& reply);
void merge_in_key_order(const Gather& gather, resp::ReplyWriter& reply);
void merge_concat(const Gather& gather, resp::ReplyWriter& reply);
// Of parts [how many, one of them] one part, chosen by `random` in proportion; [0] if there is nothing.
void merge_pick(const Gather& gather, std::uint64_t random, resp::ReplyWriter& reply);
// A part of a command about all keys: [slots, answer].
void write_roll_answer(resp::ReplyWriter& reply, const SlotSet& slots, std::string_view answer);
// Tells the roll call for which slots the parts answer that have come since the last time, and leaves of each
// its answer alone; nothing, if that does not count. What is no answer becomes an error.
void take_roll_answers(Gather& gather);
// The content of the only part's reply, a bulk string; nothing if it is null.
[[nodiscard]] std::optional<std::string_view> bulk_of(const Gather& gather);
void merge_text(const Gather& gather, resp::ReplyWriter& reply);
// ---- SCAN, whose parts are as command/scan.hpp describes them. Gather::args is the command as it was asked.
struct ScanWindow {
  std::uint64_t from = 0;
  std::uint64_t until = 0;
};
[[nodiscard]] ScanWindow scan_window(const Gather& gather);
// How far all parts together have got: as far as the one that got least far.
struct ScanReach {
  std::uint64_t slot = 0;
  std::uint64_t position = 0;
  std::size_t part = 0;  // that one; none: it ends at a slot before, which nobody answers for
  SlotSet slots;         // that parts answer for, up to there
};
// Where parts are the shards of one node, slots that none of them answers for are another node's; where they
// are all nodes (scan_reply), the first of them is where the walk ends.
[[nodiscard]] ScanReach scan_reach(const Gather& gather);
// What the parts have found up to there: what is behind it will be found again.
[[nodiscard]] std::vector<std::string_view> scan_keys(const Gather& gather, const ScanReach& reach);
// Parts, into one such part.
void merge_scan(const Gather& gather, resp::ReplyWriter& reply);

}  // namespace limpet::shard
