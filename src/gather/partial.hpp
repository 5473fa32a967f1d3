// Partial: DBSIZE, KEYS or SCAN of the nodes that answer, where not all do (CLUSTER PARTIAL).
//
// The reply says what is missing, in every protocol: it is an array of what the nodes that answer have, as
// the command itself would reply, and of the names of the others, each with the reason; slots that nobody is
// known to hold are behind an empty name. Whoever asks for less than all gets it in a form that cannot be
// taken for all.
#pragma once

#include <cstddef>
#include <limpet/base/slot_set.hpp>
#include <limpet/cluster/view.hpp>
#include <limpet/gather/part.hpp>
#include <limpet/gather/whereabouts.hpp>
#include <limpet/resp/reply.hpp>
#include <vector>

namespace limpet::gather {

class Partial {
 public:
  explicit Partial(NodeIndex self) : self_(self) {}

  // Nodes whose parts failed are silent from now on: their parts are taken out.
  void take_failed(std::vector<Part>& parts) { gather::take_failed(parts, silent_); }
  // Slots that are not waited for any more: of nodes that are silent, and of nobody.
  void excuse(const Whereabouts& where);
  [[nodiscard]] const SlotSet& excused() const { return excused_; }

  // Who cannot answer for itself has nothing to say of others either. Null: this node has answered.
  [[nodiscard]] const Part* own_failure() const;
  // The second half of the reply: who is missing, and why. `absent`: the slots that are not answered for.
  void write_missing(const SlotSet& absent, const cluster::View& view, resp::ReplyWriter& reply) const;

  [[nodiscard]] std::size_t bytes() const;
  // Of a part that failed, if any did.
  [[nodiscard]] const Part* first_failure() const { return silent_.empty() ? nullptr : &silent_.front(); }

 private:
  NodeIndex self_;
  std::vector<Part> silent_;
  SlotSet of_silent_;  // slots, as they were when it was looked last
  SlotSet excused_;
};

}  // namespace limpet::gather
