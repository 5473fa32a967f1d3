#include "node_list.hpp"

#include <algorithm>
#include <cmath>
#include <limpet/base/limits.hpp>
#include <limpet/base/text.hpp>
#include <map>
#include <numeric>
#include <utility>

#include "table_reader.hpp"

namespace limpet::cluster {

namespace {

constexpr std::size_t kNameBytesMax = 64;
constexpr double kWeightMax = 100;
constexpr std::string_view kNodeExample = "[[node]] with name = \"n1\" and client = \"127.0.0.1:7601\"";

std::optional<Address> to_address(const Value* value, std::string_view key, Faults& faults) {
  if (value == nullptr) return std::nullopt;
  const Result<Address> address = parse_address(value->text);
  if (address) return *address;
  faults.add(value->at, std::string(key) + " " + address.error().text);
  return std::nullopt;
}

std::uint32_t read_weight(const TableReader& table) {
  constexpr std::uint32_t kDefault = 1000;
  const Value* value = table.number("weight");
  if (value == nullptr) return kDefault;
  const double weight = value->kind == Value::Kind::real ? value->real : static_cast<double>(value->integer);
  // Also false for what is no number at all ("nan").
  if (!(weight >= 0 && weight <= kWeightMax)) {
    table.fault(value->at, "weight is out of range; write a number from 0 to 100, as in weight = 1.5");
    return kDefault;
  }
  const double thousandths = weight * 1000;
  const double rounded = std::round(thousandths);
  if (std::abs(thousandths - rounded) > 1e-6) {
    table.fault(value->at,
                "weight has more than three decimals; write thousandths at the finest, as in 0.125");
  }
  return static_cast<std::uint32_t>(rounded);
}

NodeState read_state(const TableReader& table) {
  const Value* state = table.text("state");
  if (state == nullptr) return NodeState::up;
  for (const NodeState known : {NodeState::up, NodeState::draining, NodeState::down}) {
    if (state->text == name_of(known)) return known;
  }
  table.fault(state->at,
              "unknown state '" + printable(state->text) +
                  "'; write \"up\", \"draining\" (it is to hold nothing) or \"down\" (others are to "
                  "hold its slots for a while)");
  return NodeState::up;
}

// What is planned for later is refused, never ignored.
void refuse_unbuilt(const TableReader& table) {
  if (const Value* direct = table.find("direct")) {
    table.fault(direct->at,
                "direct is not built yet: nodes forward, they do not answer MOVED; remove the line");
  }
}

Node read_node(const TableReader& table, Faults& faults) {
  Node node;
  if (const Value* name = table.required_text("name", "name = \"n1\"")) {
    node.name = name->text;
    check_name("name", name->text, name->at, faults);
  }
  const Value* client = table.required_text("client", "client = \"127.0.0.1:7601\"");
  node.client = to_address(client, "client", faults).value_or(Address{});
  node.peer = to_address(table.text("peer"), "peer", faults);
  node.admin = to_address(table.text("admin"), "admin", faults);
  node.weight_thousandths = read_weight(table);
  if (const Value* zone = table.text("zone")) {
    node.zone = zone->text;
    check_name("zone", zone->text, zone->at, faults);
  }
  node.state = read_state(table);
  refuse_unbuilt(table);
  return node;
}

bool is_wildcard(const Address& address) { return address.host == "0.0.0.0" || address.host == "::"; }

void check_peer(const TableReader& table, const Node& node, Faults& faults) {
  if (table.find("peer") == nullptr) {
    table.missing("peer", "peer = \"127.0.0.1:7701\"; in a cluster of several nodes each needs one");
  } else if (node.peer && is_wildcard(*node.peer)) {
    faults.add(table.position_of("peer"),
               "peer is where the other nodes reach this one, and they cannot dial " + node.peer->host +
                   "; write the address of its host");
  }
}

// Remembers who took a name or an address first.
class Taken {
 public:
  explicit Taken(Faults& faults) : faults_(faults) {}

  void claim(const std::string& what, const std::string& by, Position at, std::string_view fix) {
    const auto [place, is_new] = by_.emplace(what, by + " in line " + std::to_string(at.line));
    if (!is_new)
      faults_.add(at, by + " '" + what + "' is taken by " + place->second + "; " + std::string(fix));
  }

 private:
  Faults& faults_;
  std::map<std::string, std::string> by_;
};

void check_double(const std::vector<TableReader>& tables, const std::vector<Node>& nodes, Faults& faults) {
  constexpr std::string_view kOtherName = "give every node a name of its own";
  constexpr std::string_view kOtherAddress = "give every address of every node a port or host of its own";
  Taken names(faults);
  Taken addresses(faults);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const auto claim = [&](std::string_view key, const Address& address) {
      addresses.claim(to_lower(address.text()), std::string(key), tables[i].position_of(key), kOtherAddress);
    };
    const Node& node = nodes[i];
    if (!node.name.empty()) names.claim(node.name, "name", tables[i].position_of("name"), kOtherName);
    if (node.client.port != 0) claim("client", node.client);
    if (node.peer) claim("peer", *node.peer);
    if (node.admin) claim("admin", *node.admin);
  }
}

void check_weights(const std::vector<TableReader>& tables, const std::vector<Node>& nodes, Faults& faults) {
  const std::uint64_t total =
      std::accumulate(nodes.begin(), nodes.end(), std::uint64_t{0},
                      [](std::uint64_t sum, const Node& node) { return sum + node.weight_thousandths; });
  const bool some_up =
      std::any_of(nodes.begin(), nodes.end(), [](const Node& node) { return node.state == NodeState::up; });
  const bool some_can = std::any_of(nodes.begin(), nodes.end(), [](const Node& node) {
    return node.state == NodeState::up && node.weight_thousandths > 0;
  });
  if (!some_up) {
    faults.add(tables.front().position_of("state"),
               "no node is up, so nobody would hold anything; write state = \"up\" for one at least");
  } else if (!some_can) {
    faults.add(tables.front().position_of("weight"),
               "every node has weight 0 or is not up, so nobody would hold anything; give one a weight, as "
               "in weight = 1.0");
  } else if (total > kWeightTotalMax) {
    faults.add(tables.back().position_of("weight"), "all weights together are above " +
                                                        std::to_string(kWeightTotalMax / 1000) +
                                                        "; make all of them smaller by the same factor");
  }
}

const std::vector<Value>* node_tables(const Value& root, Faults& faults) {
  for (const Entry& entry : root.entries) {
    if (entry.key != "node") continue;
    const std::vector<Value>& items = entry.value.items;
    const bool is_list = entry.value.kind == Value::Kind::array &&
                         std::all_of(items.begin(), items.end(),
                                     [](const Value& item) { return item.kind == Value::Kind::table; });
    if (!is_list) {
      faults.add(entry.at, "node is " + std::string(name_of(entry.value.kind)) + "; write " +
                               std::string(kNodeExample) + ", once for each node");
      return nullptr;
    }
    if (items.empty()) break;
    if (items.size() > kNodesMax) {
      faults.add(items[kNodesMax].at,
                 "more than " + std::to_string(kNodesMax) +
                     " nodes; remove this one and those behind it, or make two clusters");
      return nullptr;
    }
    return &items;
  }
  faults.add_missing({}, "there is no [[node]]; add " + std::string(kNodeExample));
  return nullptr;
}

}  // namespace

void check_name(std::string_view key, std::string_view name, Position at, Faults& faults) {
  const bool is_good =
      !name.empty() && name.size() <= kNameBytesMax && std::all_of(name.begin(), name.end(), [](char c) {
        const char lower = to_lower(c);
        return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
      });
  if (is_good) return;
  faults.add(
      at, std::string(key) + " '" + printable(name) + "' is not valid; write 1 to 64 of A-Z a-z 0-9 . - _");
}

std::vector<Node> read_nodes(const Value& root, Faults& faults) {
  const std::vector<Value>* items = node_tables(root, faults);
  if (items == nullptr) return {};
  std::vector<TableReader> tables;
  std::vector<Node> nodes;
  for (const Value& item : *items) {
    tables.emplace_back(
        item, "[[node]]",
        std::vector<std::string_view>{"name", "client", "peer", "admin", "weight", "zone", "direct", "state"},
        faults);
    nodes.push_back(read_node(tables.back(), faults));
    if (items->size() > 1) check_peer(tables.back(), nodes.back(), faults);
  }
  check_double(tables, nodes, faults);
  check_weights(tables, nodes, faults);
  return nodes;
}

}  // namespace limpet::cluster
