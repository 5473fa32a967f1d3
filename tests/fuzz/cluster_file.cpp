// Cluster files: whatever the text, parse_file() either says where it is wrong, by line and column, or
// returns a view that nodes can run on: every slot has an owner that may hold it.
#include <algorithm>
#include <charconv>
#include <limpet/base/limits.hpp>
#include <limpet/cluster/view.hpp>
#include <set>

#include "fuzz.hpp"

namespace limpet::fuzz {
namespace {

using cluster::View;

constexpr std::string_view kFile = "f.toml";

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  });
}

// Takes ":NUMBER" from the front of `text`.
long take_number(std::string_view& text) {
  FUZZ_CHECK(text.starts_with(':'));
  long number = 0;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), number);
  FUZZ_CHECK(error == std::errc());
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

void check_error(const Error& error, std::string_view file_text) {
  std::string_view text = error.text;
  FUZZ_CHECK(error.code == Code::bad_config);
  FUZZ_CHECK(text.starts_with(kFile));
  text.remove_prefix(kFile.size());
  const long line = take_number(text);
  const long column = take_number(text);
  const long lines = 1 + std::count(file_text.begin(), file_text.end(), '\n');
  FUZZ_CHECK(line >= 1 && line <= lines);
  FUZZ_CHECK(column >= 1 && column <= static_cast<long>(file_text.size()) + 1);
  FUZZ_CHECK(text.starts_with(": ") && text.size() > 2);
  for (const char c : text) FUZZ_CHECK(static_cast<unsigned char>(c) >= ' ' && c != 0x7f);
}

// Addresses are read as what they were written down as.
void check_address(const cluster::Address& address, std::set<std::string>& taken) {
  FUZZ_CHECK(address.port != 0 && !address.host.empty());
  FUZZ_CHECK(taken.insert(address.text()).second);
  const auto again = cluster::parse_address(address.text());
  FUZZ_CHECK(again && *again == address);
}

void check_nodes(const View& view) {
  FUZZ_CHECK(!view.nodes.empty() && view.nodes.size() <= kNodesMax);
  std::set<std::string> names;
  std::set<std::string> addresses;
  std::uint64_t weight = 0;
  for (const cluster::Node& node : view.nodes) {
    FUZZ_CHECK(is_name(node.name) && names.insert(node.name).second);
    FUZZ_CHECK(node.zone.empty() || is_name(node.zone));
    FUZZ_CHECK(node.peer || view.nodes.size() == 1);
    check_address(node.client, addresses);
    if (node.peer) check_address(*node.peer, addresses);
    if (node.admin) check_address(*node.admin, addresses);
    weight += node.weight_thousandths;
    FUZZ_CHECK(view.nodes[*view.find(node.name)].name == node.name);
  }
  FUZZ_CHECK(weight > 0 && weight <= kWeightTotalMax);
}

void check_placement(const View& view) {
  std::vector<ring::Member> members;
  bool some_down = false;
  for (const cluster::Node& node : view.nodes) {
    const bool draining = node.state == cluster::NodeState::draining;
    members.push_back({node.name, draining ? 0 : node.weight_thousandths, node.zone});
    some_down = some_down || node.state == cluster::NodeState::down;
  }
  const std::vector<std::uint32_t> rooms = ring::rooms(members);
  const std::vector<std::uint32_t> slots = view.slots_per_node();
  std::uint32_t placed = 0;
  for (unsigned slot = 0; slot < kSlots; ++slot) {
    FUZZ_CHECK(view.owner(static_cast<Slot>(slot)) < view.nodes.size());
  }
  for (std::size_t node = 0; node < slots.size(); ++node) {
    FUZZ_CHECK(some_down || slots[node] <= rooms[node]);
    FUZZ_CHECK(slots[node] == 0 || view.nodes[node].state == cluster::NodeState::up);
    FUZZ_CHECK(slots[node] == 0 || members[node].weight_thousandths > 0);
    placed += slots[node];
  }
  FUZZ_CHECK(placed == kSlots);
}

void check_view(const View& view) {
  FUZZ_CHECK(view.epoch >= 1 && is_name(view.name));
  check_nodes(view);
  check_placement(view);
  FUZZ_CHECK(cluster::check_successor(view, view).has_value());
  const cluster::Plan plan = cluster::plan(view, view);
  FUZZ_CHECK(plan.moved_slots == 0 && plan.least_possible == 0);
}

}  // namespace
}  // namespace limpet::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpet::fuzz;
  const Exact text(text_of(data, size));
  const auto file = limpet::cluster::parse_file(text.view(), kFile);
  if (!file) {
    check_error(file.error(), text.view());
    return 0;
  }
  check_view(file->view);
  for (const auto& [name, setting] : file->server) FUZZ_CHECK(setting.line >= 1);
  return 0;
}
