// Frames: which frames of other nodes and shards this shard takes, and who does that: one row for each type.
//
// Owned by a shard, on its thread. What follows from a frame stands with whoever took it.
#pragma once

#include <limpet/following/following.hpp>
#include <limpet/links/frame_types.hpp>
#include <limpet/ownership/ownership.hpp>
#include <limpet/peer/frame.hpp>
#include <limpet/shard/shard.hpp>
#include <string_view>

#include "forwarding.hpp"
#include "handing_over.hpp"
#include "names.hpp"
#include "serving.hpp"

namespace limpet::shard {

class Frames {
 public:
  Frames(const Now& now, ownership::Ownership& ownership, Neighbours& neighbours, Serving& serving,
         Forwarding& forwarding, HandingOver& handing_over, Following& following)
      : now_(now),
        ownership_(ownership),
        links_(neighbours.links()),
        telling_(neighbours.telling()),
        serving_(serving),
        forwarding_(forwarding),
        handing_over_(handing_over),
        following_(following) {}

  // Those that are handed on by links (this node dialled) and by peers (the other one did).
  [[nodiscard]] static links::FrameTypes of_links();
  [[nodiscard]] static links::FrameTypes of_peers();

  // False: it makes no sense.
  [[nodiscard]] bool take_from_link(cluster::NodeIndex node, const peer::Frame& frame);
  // Returns why it makes no sense; empty: it does.
  [[nodiscard]] std::string_view take_from_peer(StreamId peer, const peer::Frame& frame);
  void take_from_sibling(unsigned sibling, const peer::Frame& frame);

 private:
  struct Row;
  [[nodiscard]] static const Row& row(peer::FrameType type);

  // ---- Requests, and answers to them ----
  [[nodiscard]] std::string_view request(StreamId peer, const peer::Frame& frame);
  void sibling_request(unsigned sibling, const peer::Frame& frame);
  [[nodiscard]] bool reply(cluster::NodeIndex node, const peer::Frame& frame);
  void sibling_reply(unsigned sibling, const peer::Frame& frame);
  // ---- What nodes and shards say ----
  [[nodiscard]] bool news(cluster::NodeIndex node, const peer::Frame& frame);
  [[nodiscard]] bool heard_words(cluster::NodeIndex node, const peer::Frame& frame);
  void sibling_words(unsigned sibling, const peer::Frame& frame);
  [[nodiscard]] std::string_view ask(StreamId peer, const peer::Frame& frame);
  void sibling_ask(unsigned sibling, const peer::Frame& frame);
  void holders(unsigned sibling, const peer::Frame& frame);
  // ---- Hand-overs ----
  [[nodiscard]] std::string_view question(StreamId peer, const peer::Frame& frame);
  void sibling_question(unsigned sibling, const peer::Frame& frame);
  // ---- Copies ----
  [[nodiscard]] std::string_view copies(StreamId peer, const peer::Frame& frame);
  void sibling_copies(unsigned sibling, const peer::Frame& frame);

  const Now& now_;
  ownership::Ownership& ownership_;
  const links::Links& links_;
  Telling& telling_;
  Serving& serving_;
  Forwarding& forwarding_;
  HandingOver& handing_over_;
  Following& following_;
};

}  // namespace limpet::shard
