#include "health.hpp"

#include <string>
#include <utility>

namespace limpet::node {

std::optional<Health> health_in_cluster(const cluster::Node& me, links::Contact contact) {
  if (me.leaving)
    return Health{false, true,
                  "this node is leaving: it gives its slots to others until it is started again"};
  switch (contact) {
    case links::Contact::refused:
      return Health{
          false, false,
          "no other node takes this one for one of its cluster, so it could serve only what it holds "
          "itself; its log says why: another secret, maybe"};
    case links::Contact::unreachable:
      return Health{
          false, false,
          "no other node can be reached, so it could serve only what it holds itself; if the others "
          "are lost, write state = \"down\" for them"};
    case links::Contact::fine:
      break;
  }
  return std::nullopt;
}

Health with_file(const cluster::Node& me, Health health) {
  if (!health.ready) return health;
  const bool draining = me.state == cluster::NodeState::draining;
  if (me.listed && !draining) return health;
  std::string why = me.listed ? "the cluster file calls this node draining: it gives its slots to others"
                              : "the cluster file does not name this node: it gives its slots to others";
  if (!health.reason.empty()) why += "; " + health.reason;
  return {true, true, std::move(why)};
}

}  // namespace limpet::node
