// FirstSlots: may this node take the slots that the cluster file gives it and that nobody owns?
//
// It may once every node of the file has said that it runs the same file, and none has taken its first slots
// by another. A node that has an empty or a strange data directory takes none by itself: what it held may be
// elsewhere. What all shards of a node decide together is the one word of Founding.
//
// Owned by a shard, on its thread.
#pragma once

#include <functional>
#include <limpet/cluster/view.hpp>
#include <limpet/ownership/handoff_config.hpp>
#include <limpet/ownership/node_directory.hpp>
#include <string>

namespace limpet::ownership {

using cluster::NodeIndex;

class FirstSlots {
 public:
  explicit FirstSlots(const HandoffConfig& config);

  // A cluster file is in force by which none has been taken yet.
  void look_again() { open_ = true; }
  // May they be taken now? True but once for each file. `has_heard`: a node has said which slots it owns.
  [[nodiscard]] bool take(const cluster::View& view, const NodeDirectory& nodes,
                          const std::function<bool(NodeIndex)>& has_heard);
  // Why they may not, as it was found last; empty: they may, or have been.
  [[nodiscard]] const std::string& why_not() const { return why_not_; }
  // The node has begun to take its first slots by this file, and may not have got to all of them.
  [[nodiscard]] bool has_begun(const cluster::View& view) const;

  // What stands in the way of the slots that nobody owns, and what an operator can do about it.
  [[nodiscard]] std::string about_unowned(const cluster::View& view, const NodeDirectory& nodes) const;

  // This node has never owned a slot: when it started, and now.
  [[nodiscard]] bool was_fresh() const { return was_fresh_; }
  [[nodiscard]] bool is_fresh() const { return founding_->fresh(); }
  [[nodiscard]] Founding& founding() const { return *founding_; }

 private:
  [[nodiscard]] std::string why_not(const cluster::View& view, const NodeDirectory& nodes,
                                    const std::function<bool(NodeIndex)>& has_heard) const;
  [[nodiscard]] std::string why_elsewhere(const std::string& me) const;

  std::shared_ptr<Founding> founding_;
  std::shared_ptr<const Boots> boots_;  // may be null
  bool new_cluster_;
  bool was_fresh_;
  bool open_ = true;
  std::string why_not_;
};

}  // namespace limpet::ownership
