#include "look_back.hpp"

#include <limpet/cluster/view.hpp>
#include <limpet/node/left_behind.hpp>
#include <optional>
#include <utility>

namespace limpet::limpetd {

Result<std::string> look_back(const Launch& launch) {
  const node::Settings& node = launch.node;
  if (node.config_file.empty() || node.data_dir.empty() || !launch.knows_itself) return std::string();
  const auto remembered = node::remembered(node.data_dir);
  if (!remembered) return tl::unexpected(remembered.error());
  if (!*remembered) return std::string();
  const cluster::View& before = (*remembered)->view;
  const auto allowed = cluster::check_successor(before, node.view, node.config_file);
  if (allowed) return std::string();
  if (before.name == node.view.name && node.view.epoch < before.epoch) {
    return node.config_file + " has epoch " + std::to_string(node.view.epoch) +
           ", but this node has run epoch " + std::to_string(before.epoch) + " already, which is kept in " +
           (*remembered)->file + ", and goes on with that: give it the newest file";
  }
  return fail(Code::bad_config,
              allowed.error().text + ". What was in force is kept in " + (*remembered)->file);
}

}  // namespace limpet::limpetd
