// Neighbours: the other nodes and the other shards of this one, as a shard has them: connections, queues, the
// commands that are under way to them, and what is told to them.
//
// Owned by a shard, on its thread; what it is given by reference outlives it.
#pragma once

#include <limpet/base/client_memory.hpp>
#include <limpet/base/random.hpp>
#include <limpet/base/secrets.hpp>
#include <limpet/base/stream.hpp>
#include <limpet/base/time.hpp>
#include <limpet/forward/forwarder.hpp>
#include <limpet/links/frame_types.hpp>
#include <limpet/links/links.hpp>
#include <limpet/links/peers.hpp>
#include <limpet/links/siblings.hpp>
#include <limpet/ownership/ownership.hpp>
#include <limpet/traffic/config.hpp>
#include <limpet/traffic/effects.hpp>
#include <limpet/traffic/linking.hpp>
#include <limpet/traffic/telling.hpp>
#include <limpet/traffic/ways.hpp>
#include <memory>

namespace limpet::traffic {

class Neighbours {
 public:
  // `of_links`, `of_peers`: the frames that somebody takes of nodes that this one dialled, and of those that
  // dialled it.
  Neighbours(const ShardConfig& config, links::FrameTypes of_links, links::FrameTypes of_peers,
             const Now& now, Random& random, Effects& effects, ClientMemory& memory, TurnQueue& turns,
             ownership::Ownership& ownership)
      : links_(config.self, config.view, of_links, effects.dirty),
        peers_(config.self, config.view, of_peers, memory, effects.dirty, turns),
        siblings_(config.shards, config.index),
        ways_(links_, siblings_),
        forwarder_(ways_, config.handoff.has_value()),
        telling_(config, ownership, links_, peers_, siblings_, effects, now),
        linking_(config, links_, peers_, telling_, ownership, forwarder_, effects, random, now) {}
  Neighbours(const Neighbours&) = delete;
  Neighbours& operator=(const Neighbours&) = delete;

  // ---- What happens ----
  void set_secrets(const Secrets& secrets) {
    links_.set_secrets(secrets);
    peers_.set_secrets(secrets);
  }
  // Another cluster file is in force. Nodes keep their numbers.
  void set_view(const std::shared_ptr<const cluster::View>& view) {
    links_.set_view(view);
    peers_.set_view(view);
    telling_.files_change();
  }
  // This node stops, and says so.
  void drain() {
    links_.drain();
    peers_.drain();
  }

  // ---- To see ----
  [[nodiscard]] bool draining() const { return links_.draining(); }
  // Nothing waits to be sent, and nobody waits for an answer.
  [[nodiscard]] bool idle() { return peers_.idle() && siblings_.idle(); }

  [[nodiscard]] links::Links& links() { return links_; }
  [[nodiscard]] links::Peers& peers() { return peers_; }
  [[nodiscard]] links::Siblings& siblings() { return siblings_; }
  [[nodiscard]] forward::Forwarder& forwarder() { return forwarder_; }
  [[nodiscard]] Telling& telling() { return telling_; }
  [[nodiscard]] Linking& linking() { return linking_; }

 private:
  links::Links links_;
  links::Peers peers_;
  links::Siblings siblings_;
  Ways ways_;
  forward::Forwarder forwarder_;
  Telling telling_;
  Linking linking_;
};

}  // namespace limpet::traffic
