// View: one parsed, valid cluster file with the placement that follows from it.
//
// Built once by parse_view() or single_node(), never changed, shared freely between threads.
#pragma once

#include <cstdint>
#include <limpet/base/result.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/cluster/copies.hpp>
#include <limpet/ring/ring.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::cluster {

using ring::NodeIndex;

// host:port, as written. IPv6 hosts stand in brackets in text and without them here.
struct Address {
  std::string host;
  std::uint16_t port = 0;

  [[nodiscard]] std::string text() const;
  friend bool operator==(const Address&, const Address&) = default;
};

[[nodiscard]] Result<Address> parse_address(std::string_view text);

// Does this host, a name or an address in any form, mean this very machine? 127.0.0.0/8, also as 127.1 or
// ::ffff:127.0.0.1,
// ::1, and the names that are reserved for it.
[[nodiscard]] bool is_loopback(const std::string& host);

enum class Durability : std::uint8_t { none, interval, always };
[[nodiscard]] std::string_view name_of(Durability durability);

// What the file says of a node. Draining: it is to hold nothing, as with weight 0. Down: what it would hold
// is with the first of its followers that is up, and nothing else moves.
enum class NodeState : std::uint8_t { up, draining, down };
[[nodiscard]] std::string_view name_of(NodeState state);

struct Node {
  std::string name;
  Address client;
  std::optional<Address> peer;  // always there in a cluster of more than one node
  std::optional<Address> admin;
  std::uint32_t weight_thousandths = 1000;
  std::string zone;
  NodeState state = NodeState::up;
  bool leaving = false;             // it said so itself: meanwhile it is as if the file called it down
  std::uint32_t leave_changes = 0;  // how often it has said that it leaves, or no longer, since its start
  bool listed = true;  // false: the file does not name it, but it may hold slots still (members.hpp)
};

struct View {
  std::uint64_t epoch = 0;
  std::string name;  // of the cluster
  Durability durability = Durability::none;
  CopiesPolicy copies;
  std::string secret_file;    // empty: none
  std::string password_file;  // empty: none
  std::vector<Node> nodes;
  ring::Placement placement{};         // who is to hold each slot
  ring::Placement home{};              // the same, as if nobody were leaving: the file alone says so
  std::uint64_t content_digest = 0;    // over the parsed [cluster] and [[node]] tables
  std::uint64_t placement_digest = 0;  // over the nodes and `home`

  [[nodiscard]] std::optional<NodeIndex> find(std::string_view node_name) const;
  [[nodiscard]] NodeIndex owner(Slot slot) const { return placement[slot]; }
  [[nodiscard]] std::vector<std::uint32_t> slots_per_node() const;
};

// What the [server] table of the file says, as text, for the daemon to merge with its flags: setting ->
// (value, and where the setting and its value begin).
struct ServerSetting {
  std::string value;
  int line = 0;
  int column = 1;
  int value_column = 1;
};
using ServerTable = std::map<std::string, ServerSetting>;

struct ClusterFile {
  View view;
  int password_line = 0;  // of password_file in [cluster]; 0: it is not there
  ServerTable server;
};

// Parses `text`; `file` is only for messages. Everything that is wrong is an error of the form
// "FILE:LINE:COLUMN: what, and what to write instead".
[[nodiscard]] Result<ClusterFile> parse_file(std::string_view text, std::string_view file);

// The view of a node that was started without a file: named "limpet", owns every slot.
[[nodiscard]] View single_node(const Address& client, Durability durability);

// May `next` replace `now`? Refused: an epoch that goes back, and other content at the same epoch. `file` is
// where `next` stands, for the message.
[[nodiscard]] Result<void> check_successor(const View& now, const View& next,
                                           std::string_view file = "the file");

// What changes from one view to the next.
struct PlannedNode {
  std::string name;
  std::uint32_t slots = 0;
  std::uint32_t copies = 0;  // of slots of others
};
struct Plan {
  std::uint32_t moved_slots = 0;
  std::uint32_t least_possible = 0;  // any placement with the same shares must move at least so many
  std::uint32_t made_copies = 0;     // on nodes that have nothing of the slot before
  std::vector<PlannedNode> before;
  std::vector<PlannedNode> after;

  [[nodiscard]] bool has_copies() const;
};
[[nodiscard]] Plan plan(const View& before, const View& after);

}  // namespace limpet::cluster
