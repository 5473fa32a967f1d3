#include <algorithm>
#include <array>
#include <limpet/base/text.hpp>
#include <limpet/command/errors.hpp>
#include <limpet/command/relocate.hpp>
#include <limpet/command/scan.hpp>
#include <limpet/ownership/claim_rules.hpp>
#include <limpet/traffic/nodes.hpp>
#include <limpet/wide/wide_commands.hpp>

namespace limpet::wide {

using clients::Client;
using cluster::NodeIndex;
using command::Args;
using command::Builtin;
using command::kCursorPositionBits;
using command::Merge;
using command::Spec;

namespace {

constexpr command::Execution kScan{.merge = Merge::scan};

bool is_flush(const Spec& spec) { return spec.has(command::kWrite); }

}  // namespace

void WideCommands::reject(Client& client, const Spec* spec, std::string_view error) {
  if (spec != nullptr) engine_.stats().rejected(*spec);
  delivery_.refuse(client, error);
}

// Its reply waits for others, and what the client sends behind it waits for the reply.
gather::Head WideCommands::head_of(Client& client, Merge merge) {
  gather::Head head = parts_.head_of(merge, delivery_.await(client), client.version);
  client.replies.set_barrier();
  return head;
}

// ---- Sessions ----

bool WideCommands::split(Client& client, const Spec& spec, Args args) {
  const gather::SplitKeys keys(spec, args);
  if (const std::string why = dispatch_.out_of_reach(keys.slots()); !why.empty()) {
    delivery_.refuse_unserved(client, why);
    return true;
  }
  if (const auto missing = waiting_.first_missing(keys.slots())) return waiting_.wait(client, *missing);
  for (const Slot slot : keys.slots()) {
    if (!dispatch_.has_room(slot, client)) return false;
  }
  gather::Head head = parts_.head_of(spec.merge, delivery_.await(client), client.version);
  head.write = spec.has(command::kWrite);
  head.authenticated = client.authenticated;
  gathers_.begin_split(head, keys);
  gathering_.drain();
  return true;
}

// From one session to another that lives elsewhere (gather/relocation.hpp). The client waits, so that what it
// sends next sees the end.
bool WideCommands::pair(Client& client, const Spec& spec, Args args) {
  const std::array<Slot, 2> slots = {slot_of(args[1]), slot_of(args[2])};
  command::PairRequest request;
  if (const std::string_view error = command::parse_pair(args, request); !error.empty()) {
    reject(client, &spec, error);
    return true;
  }
  // Later commands of this client wait for all steps, and earlier ones come first, wherever they run.
  if (!client.replies.empty()) return false;
  if (const std::string why = dispatch_.out_of_reach({slots[0], slots[1]}); !why.empty()) {
    delivery_.refuse_unserved(client, why);
    return true;
  }
  for (const Slot slot : slots) {
    if (dispatch_.waits(slot)) return waiting_.wait(client, slot);
  }
  if (!dispatch_.has_room(slots[0], client) || !dispatch_.has_room(slots[1], client)) return false;
  engine_.stats().called(spec);
  gather::Head head = head_of(client, Merge::none);
  head.write = true;
  head.authenticated = client.authenticated;
  gathers_.begin_relocation(head, request, args[1], args[2]);
  gathering_.drain();
  return true;
}

// ---- All keys ----

bool WideCommands::all_keys(Client& client, const Spec& spec, Args args) {
  // It sees everything that this client did before, and nothing that it does after.
  if (!client.replies.empty()) return false;
  if (spec.builtin == Builtin::wait) {
    wait(client, args);
    return true;
  }
  if (!spec.is_roll_call()) return scan_keys(client, args, false);
  roll_call(client, spec, args);
  return true;
}

// What a client has sent, which ends with the slots that are asked for from now on: all.
void WideCommands::roll_call(Client& client, const Spec& spec, Args args) {
  std::vector<std::string_view> asked(args.begin(), args.end());
  if (is_flush(spec) && args.size() == 1) asked.emplace_back("sync");
  const SlotSet all = SlotSet::all();
  asked.push_back(all.bytes());
  if (!OwnParts::is_for_nodes(spec, asked)) return delivery_.refuse(client, command::kSyntax);
  // Not half of it where it is known beforehand that it cannot be all of it.
  if (const std::string why = dispatch_.why_not_all(is_flush(spec)); !why.empty())
    return delivery_.refuse_unserved(client, why);
  gather::Head head = head_of(client, spec.merge);
  head.write = is_flush(spec);
  gathers_.begin_roll_call(head, asked, *parts_.roll_of(asked));
  gathering_.drain();
}

// WAIT: whoever holds the slots that this client has written is asked by how many followers all of their
// changes are confirmed, until that is enough, or time is over.
void WideCommands::wait(Client& client, Args args) {
  const auto wanted = parse_int64(args[1]);
  const auto ms = parse_int64(args[2]);
  if (!wanted || !ms || *wanted < 0) return delivery_.refuse(client, command::kNotInteger);
  if (*ms < 0) return delivery_.refuse(client, "ERR timeout is negative");
  std::vector<std::string_view> asked(args.begin(), args.end());
  const SlotSet written = client.commands.written();
  asked.push_back(written.bytes());
  gather::Roll roll = *parts_.roll_of(asked);
  constexpr std::int64_t kForEver = std::int64_t{1} << 60U;
  roll.enough = gather::Enough{.least = std::min<std::int64_t>(*wanted, view_->copies.followers),
                               .until_ms = *ms == 0 ? kForEver : now_.steady_ms + std::min(*ms, kForEver),
                               .round_ms = roll.until_ms - now_.steady_ms};
  gathers_.begin_roll_call(head_of(client, Merge::least), asked, roll);
  gathering_.drain();
}

bool WideCommands::partial(Client& client, Args args) {
  const Spec* const spec = command::find(args[0]);
  if (spec == nullptr || !spec->partial) {
    delivery_.refuse(client, "ERR CLUSTER PARTIAL takes DBSIZE, KEYS or SCAN; " + printable(args[0]) +
                                 " is another command");
    return true;
  }
  if (const std::string error = command::refusal(spec, args); !error.empty()) {
    reject(client, spec, error);
    return true;
  }
  // As all_keys() has it.
  if (!client.replies.empty()) return false;
  if (!spec->is_roll_call()) return scan_keys(client, args, true);
  std::vector<std::string_view> asked(args.begin(), args.end());
  const SlotSet all = SlotSet::all();
  asked.push_back(all.bytes());
  gathers_.begin_partial_roll_call(head_of(client, spec->merge), asked, *parts_.roll_of(asked));
  gathering_.drain();
  return true;
}

// ---- SCAN ----
// A cursor is a slot and how far its walk is (command/scan.hpp). A call looks at a window of slots, so wide
// that about COUNT keys should be in it, going by how full this shard's own slots are: one slot where they
// are full, all of them where there is next to nothing. The owners of the window's slots answer at once;
// together they have got as far as the one that got least far (gather/walk.hpp), and that is the next cursor.

unsigned WideCommands::scan_width(std::size_t count) const {
  const std::uint64_t keys = engine_.store().stats().keys;
  const unsigned served = ownership_.slots().served();
  if (keys == 0 || served == 0) return kSlots;
  return static_cast<unsigned>(std::clamp<std::uint64_t>(count * served / keys, 1, kSlots));
}

// `partial`: of the nodes that answer.
bool WideCommands::scan_keys(Client& client, Args args, bool partial) {
  const auto refuse = [&](std::string_view error) {
    delivery_.refuse(client, error);
    return true;
  };
  command::ScanRequest scan;
  if (const std::string_view error = command::parse_scan(args, scan); !error.empty()) return refuse(error);
  const std::uint64_t position = scan.cursor & ((std::uint64_t{1} << kCursorPositionBits) - 1);
  const std::uint64_t slot = scan.cursor >> kCursorPositionBits;
  if (slot >= kSlots) return refuse(command::kInvalidCursor);
  const std::uint64_t until =
      position > 0 ? slot + 1 : std::min<std::uint64_t>(slot + scan_width(scan.count), kSlots);
  const std::string from_text = std::to_string(slot);
  const std::string position_text = std::to_string(position);
  const std::string until_text = std::to_string(until);
  const std::string count_text = std::to_string(scan.count);
  const std::array<std::string_view, 7> part = {"SCAN",     from_text,    position_text, until_text,
                                                count_text, scan.pattern, scan.type};
  if (partial) {
    gathers_.begin_partial_scan(head_of(client, Merge::scan), part, nodes_asked(kScan, part));
    gathering_.drain();
    return true;
  }
  if (until - slot == 1) return scan_one(client, part, static_cast<Slot>(slot));
  nodes(client, kScan, false, part);
  return true;
}

// Only the slot's owner is asked.
bool WideCommands::scan_one(Client& client, Args part, Slot slot) {
  if (dispatch_.waits(slot)) return waiting_.wait(client, slot);
  if (!dispatch_.has_room(slot, client)) return false;
  gather::Head head = head_of(client, Merge::scan);
  head.authenticated = client.authenticated;
  gathers_.begin_holder(head, part, slot);
  gathering_.drain();
  return true;
}

// ---- Nodes and shards ----

// Whoever is to hold slots by the file, and who holds some still.
bool WideCommands::takes_part(NodeIndex node) const {
  const cluster::Node& known = view_->nodes[node];
  return (known.listed && known.state != cluster::NodeState::down) || ownership_.known().heard_of(node) > 0;
}

// Is this node asked for its part of `args`?
bool WideCommands::is_asked(const command::Execution& does, NodeIndex node, Args args) const {
  const bool all = does.merge == Merge::status || does.merge == Merge::by_node;
  if (all && view_->nodes[node].listed) return true;
  // It may be known to hold slots by what others say alone.
  if (does.merge == Merge::status && ownership_.known().shown_of(node) > 0) return true;
  // Not the one whose slots are claimed: it is gone, or at least all that it held.
  if (does.builtin == Builtin::cluster_claim && view_->nodes[node].name == args[2])
    return begins_anew(ownership_, directory_of(links_, now_), node);
  return takes_part(node);
}

std::vector<NodeIndex> WideCommands::nodes_asked(const command::Execution& does, Args args) const {
  std::vector<NodeIndex> asked;
  for (std::size_t i = 0; i < view_->nodes.size(); ++i) {
    const auto node = static_cast<NodeIndex>(i);
    if (is_asked(does, node, args)) asked.push_back(node);
  }
  return asked;
}

void WideCommands::nodes(Client& client, const command::Execution& does, bool write, Args args) {
  gather::Head head = head_of(client, does.merge);
  head.write = write;
  gathers_.begin_nodes(head, args, nodes_asked(does, args));
  gathering_.drain();
}

bool WideCommands::shards(Client& client, Merge merge, Args args) {
  if (!client.replies.empty()) return false;
  gathers_.begin_shards(head_of(client, merge), args);
  gathering_.drain();
  return true;
}

}  // namespace limpet::wide
