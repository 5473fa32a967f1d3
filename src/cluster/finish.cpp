#include "finish.hpp"

#include <algorithm>
#include <limpet/base/bytes.hpp>
#include <limpet/base/hash.hpp>

namespace limpet::cluster {

namespace {

// Canonical text: fields in a fixed order, each with its length in front, so that no two contents look the
// same.
class Canonical {
 public:
  void add(std::string_view text) {
    append_le(bytes_, static_cast<std::uint32_t>(text.size()));
    bytes_.append(text);
  }
  void add(std::uint64_t number) { append_le(bytes_, number); }
  void add(const std::optional<Address>& address) { add(address ? address->text() : std::string()); }

  [[nodiscard]] std::uint64_t digest() const { return hash64(bytes_.view()); }

 private:
  Bytes bytes_;
};

// Nodes count by name, not by their order in the file: moving an entry up or down changes nothing.
std::vector<const Node*> by_name(const std::vector<Node>& nodes) {
  std::vector<const Node*> sorted;
  for (const Node& node : nodes) sorted.push_back(&node);
  std::sort(sorted.begin(), sorted.end(), [](const Node* a, const Node* b) { return a->name < b->name; });
  return sorted;
}

std::uint64_t digest_of_content(const View& view) {
  Canonical text;
  text.add(view.name);
  text.add(name_of(view.durability));
  // A file from before there were copies has the digest that it always had.
  if (view.copies.followers > 0) {
    text.add(std::uint64_t{view.copies.followers});
    text.add(name_of(view.copies.acks));
    text.add(std::uint64_t{view.copies.min_followers});
  }
  text.add(view.secret_file);
  text.add(view.password_file);
  text.add(view.nodes.size());
  for (const Node* node : by_name(view.nodes)) {
    text.add(node->name);
    text.add(node->client.text());
    text.add(node->peer);
    text.add(node->admin);
    text.add(std::uint64_t{node->weight_thousandths});
    // A file from before nodes had a state has the digest that it always had.
    text.add(node->state == NodeState::up ? node->zone
                                          : node->zone + '\0' + std::string(name_of(node->state)));
  }
  return text.digest();
}

}  // namespace

std::vector<ring::Member> ring_members(const std::vector<Node>& nodes) {
  std::vector<ring::Member> members;
  for (const Node& node : nodes) {
    members.push_back(
        {node.name, node.state == NodeState::draining ? 0 : node.weight_thousandths, node.zone});
  }
  return members;
}

ring::Placement place_present(const View& view) {
  std::vector<bool> absent;
  for (const Node& node : view.nodes) absent.push_back(node.leaving || node.state == NodeState::down);
  const bool all_present = std::find(absent.begin(), absent.end(), true) == absent.end();
  return all_present ? view.home : ring::without(ring_members(view.nodes), view.home, absent);
}

void finish(View& view) {
  const std::vector<ring::Member> members = ring_members(view.nodes);
  view.home = ring::place(members);
  view.home = place_present(view);
  view.placement = view.home;
  view.placement_digest = ring::digest(members, view.home);
  view.content_digest = digest_of_content(view);
}

}  // namespace limpet::cluster
