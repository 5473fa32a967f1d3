// NodeDirectory: how it is with the nodes of the cluster just now, one row for each, by the view's numbers.
//
// A value, made by whoever knows the links, and handed to what decides by it.
#pragma once

#include <limpet/cluster/view.hpp>
#include <limpet/peer/greeting.hpp>
#include <string>
#include <vector>

namespace limpet::ownership {

struct NodeRow {
  bool linked = false;    // there is a connection to it, and it is up
  bool answers = false;   // ... and commands can be sent on it
  bool informed = false;  // it has said what it has to say of itself: `says`
  peer::Standing says{};
  std::string why_not{};  // why it does not answer, for people

  // It has said that it goes by this very file. REQUIRES: informed.
  [[nodiscard]] bool runs(const cluster::View& view) const {
    return says.epoch == view.epoch && says.placement_digest == view.placement_digest;
  }
};

class NodeDirectory {
 public:
  NodeDirectory(cluster::NodeIndex self, std::vector<NodeRow> rows) : self_(self), rows_(std::move(rows)) {}

  [[nodiscard]] std::size_t size() const { return rows_.size(); }
  [[nodiscard]] cluster::NodeIndex self() const { return self_; }
  [[nodiscard]] bool is_self(cluster::NodeIndex node) const { return node == self_; }
  // REQUIRES: node < size().
  [[nodiscard]] const NodeRow& row(cluster::NodeIndex node) const { return rows_[node]; }
  [[nodiscard]] bool linked(cluster::NodeIndex node) const {
    return node < rows_.size() && rows_[node].linked;
  }
  // Another node, and it does not answer.
  [[nodiscard]] bool silent(cluster::NodeIndex node) const {
    return node < rows_.size() && node != self_ && !rows_[node].answers;
  }

 private:
  cluster::NodeIndex self_;
  std::vector<NodeRow> rows_;
};

}  // namespace limpet::ownership
