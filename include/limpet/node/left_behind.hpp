// LeftBehind: what the data directory of a node holds that its cluster file does not name any more; and which
// file it remembers.
#pragma once

#include <cstddef>
#include <limpet/base/result.hpp>
#include <limpet/cluster/view.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace limpet::node {

struct LeftBehind {
  bool there = false;     // there is such a directory
  std::size_t slots = 0;  // that it holds, or was promised
  // Where it was to be found, and not listed; nothing: the directory does not know.
  std::optional<cluster::Node> node;
};

// Takes no lock and changes nothing. Error: the directory cannot be read.
[[nodiscard]] Result<LeftBehind> left_behind(const std::string& data_dir, std::string_view name);

// May a node that is in no cluster serve what its directory holds? Not where slots are, or may be, another
// node's: it would serve them, too. Takes no lock and changes nothing. Error: no, or it cannot be read.
[[nodiscard]] Result<void> may_stand_alone(const std::string& data_dir);

// The cluster file that was in force last.
struct Remembered {
  cluster::View view;
  std::string file;  // of titles, that has it
};

// Takes no lock and changes nothing. Nothing: none was in force. Error: the directory cannot be read.
[[nodiscard]] Result<std::optional<Remembered>> remembered(const std::string& data_dir);

// What a directory remembers of a node, and the other way round.
[[nodiscard]] std::string addresses_text(const cluster::Node& node);
[[nodiscard]] std::optional<cluster::Node> node_of_addresses(std::string_view name, std::string_view text);

}  // namespace limpet::node
