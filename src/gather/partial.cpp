#include "partial.hpp"

#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace limpet::gather {

void Partial::excuse(const Whereabouts& where) {
  of_silent_ = {};
  for (const Part& part : silent_) {
    if (part.node == self_) continue;
    if (const auto slots = where.of_node.find(part.node); slots != where.of_node.end())
      of_silent_ |= slots->second;
  }
  excused_ |= of_silent_;
  excused_ |= where.nobodys;
}

const Part* Partial::own_failure() const {
  for (const Part& part : silent_) {
    if (part.node == self_) return &part;
  }
  return nullptr;
}

void Partial::write_missing(const SlotSet& absent, const cluster::View& view,
                            resp::ReplyWriter& reply) const {
  std::vector<std::pair<std::string_view, std::string>> missing;
  std::set<NodeIndex> named;
  for (const Part& part : silent_) {
    if (named.insert(part.node).second) missing.emplace_back(view.nodes[part.node].name, error_of(part));
  }
  SlotSet nobodys = absent;
  nobodys -= of_silent_;
  if (const std::size_t slots = nobodys.size(); slots > 0)
    missing.emplace_back("", "no node has answered for " + std::to_string(slots) + " slots");
  reply.array(2 * missing.size());
  for (const auto& [who, why] : missing) {
    reply.bulk(who);
    reply.bulk(why);
  }
}

std::size_t Partial::bytes() const {
  std::size_t bytes = sizeof *this + silent_.size() * sizeof(Part);
  for (const Part& part : silent_) bytes += part.reply.size();
  return bytes;
}

}  // namespace limpet::gather
