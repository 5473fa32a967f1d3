#include <algorithm>
#include <limpet/disk/title_file.hpp>
#include <limpet/node/left_behind.hpp>
#include <utility>
#include <vector>

namespace limpet::node {

std::string addresses_text(const cluster::Node& node) {
  const auto text = [](const std::optional<cluster::Address>& address) {
    return address ? address->text() : "";
  };
  return node.client.text() + '\n' + text(node.peer) + '\n' + text(node.admin) + '\n';
}

std::optional<cluster::Node> node_of_addresses(std::string_view name, std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t end = 0; (end = text.find('\n')) != std::string_view::npos; text.remove_prefix(end + 1))
    lines.push_back(text.substr(0, end));
  if (lines.size() < 3) return std::nullopt;
  const auto client = cluster::parse_address(lines[0]);
  const auto peer = cluster::parse_address(lines[1]);
  if (!client || !peer) return std::nullopt;
  cluster::Node node;
  node.name = name;
  node.client = *client;
  node.peer = *peer;
  if (const auto admin = cluster::parse_address(lines[2]); admin) node.admin = *admin;
  node.listed = false;
  return node;
}

Result<LeftBehind> left_behind(const std::string& data_dir, std::string_view name) {
  const auto peeked = disk::TitleFile::peek(data_dir);
  if (!peeked) return tl::unexpected(peeked.error());
  if (!*peeked) return LeftBehind{};
  const handoff::TitleBook& book = **peeked;
  const auto is_there = [](const handoff::SlotTitle& title) { return owns(title) || title.promise; };
  LeftBehind left{
      .there = true,
      .slots = static_cast<std::size_t>(std::count_if(book.titles().begin(), book.titles().end(), is_there)),
      .node = node_of_addresses(name, book.self())};
  if (left.node || book.epoch() == 0) return left;
  // One that was stopped before it has read the file that does not name it.
  const auto kept = cluster::parse_file(book.view(), "the cluster file that was in force");
  const auto found = kept ? kept->view.find(name) : std::nullopt;
  if (!found || !kept->view.nodes[*found].peer) return left;
  left.node = kept->view.nodes[*found];
  left.node->listed = false;
  left.node->state = cluster::NodeState::up;
  return left;
}

Result<void> may_stand_alone(const std::string& data_dir) {
  const auto peeked = disk::TitleFile::peek(data_dir);
  if (!peeked) return tl::unexpected(peeked.error());
  if (!*peeked || (*peeked)->fresh()) return {};
  const std::vector<handoff::SlotTitle>& titles = (*peeked)->titles();
  const auto owned = std::count_if(titles.begin(), titles.end(), handoff::owns);
  if (owned == static_cast<std::ptrdiff_t>(titles.size())) return {};
  return fail(Code::refused, data_dir + " is of a node of a cluster that holds " + std::to_string(owned) +
                                 " of " + std::to_string(titles.size()) +
                                 " slots: alone it would serve the others beside whoever holds them. Give it "
                                 "the cluster file and its `peer` again; or, to go on with one node, drain "
                                 "all others first");
}

Result<std::optional<Remembered>> remembered(const std::string& data_dir) {
  const auto file = disk::TitleFile::newest(data_dir);
  if (!file) return tl::unexpected(file.error());
  const auto peeked = disk::TitleFile::peek(data_dir);
  if (!peeked) return tl::unexpected(peeked.error());
  if (!*peeked || (*peeked)->epoch() == 0) return std::optional<Remembered>();
  auto kept = cluster::parse_file((*peeked)->view(), "the cluster file that was in force");
  if (!kept) return tl::unexpected(kept.error());
  return Remembered{std::move(kept->view), file->value_or(data_dir)};
}

}  // namespace limpet::node
