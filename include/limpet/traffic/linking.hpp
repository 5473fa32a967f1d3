// Linking: connections to other nodes come and go: what room links wants done is done to the Forwarder and to
// the effects, and the other way round.
//
// It wires Links and Peers to the Forwarder, to Telling and to what Ownership knows of nodes. What the
// Forwarder wants after that stands in its actions: whoever calls this drains them. Owned by a shard, on its
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limpet/base/random.hpp>
#include <limpet/base/time.hpp>
#include <limpet/forward/forwarder.hpp>
#include <limpet/links/greeter.hpp>
#include <limpet/links/links.hpp>
#include <limpet/links/peers.hpp>
#include <limpet/ownership/ownership.hpp>
#include <limpet/traffic/effects.hpp>
#include <limpet/traffic/telling.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace limpet::traffic {

class Linking {
 public:
  Linking(const ShardConfig& config, links::Links& links, links::Peers& peers, Telling& telling,
          const ownership::Ownership& ownership, forward::Forwarder& forwarder, Effects& effects,
          Random& random, const Now& now)
      : links_(links),
        peers_(peers),
        telling_(telling),
        ownership_(ownership),
        forwarder_(forwarder),
        effects_(effects),
        random_(random),
        now_(now),
        shard_(config.index),
        greeter_(config.self, config.version, shards_to_say(config)) {}

  // ---- Links ----
  void connected(StreamId link);
  void up(NodeIndex node);
  void written(StreamId link, std::size_t bytes);
  // `is_there`: of a client. It is dialled again, unless this node stops.
  // Returns the node that was linked, if that has come to an end.
  std::optional<NodeIndex> closed(StreamId link, std::string_view reason,
                                  const std::function<bool(StreamId)>& is_there);
  void tick_links();
  // Does what the links want.
  void drain_links();

  // ---- Dialling ----
  void dial(NodeIndex node);
  void dial_if_worthwhile(NodeIndex node) {
    if (is_worth_dialling(node)) dial(node);
  }
  void seen_alive(NodeIndex node);

  // ---- Peers ----
  [[nodiscard]] StreamId opened(const std::string& address);
  void greet(StreamId peer);
  void admitted(StreamId peer);
  void tick_peers();
  // Does what the peers want.
  void drain_peers();

  // ---- To see ----
  // Why a command for the slot cannot be sent to the node, as its client is told.
  [[nodiscard]] std::string why_unreachable(NodeIndex node, Slot slot) const;

 private:
  // Those of a node that may follow others.
  [[nodiscard]] static std::optional<std::uint16_t> shards_to_say(const ShardConfig& config) {
    if (config.follow_log_bytes == 0) return std::nullopt;
    return static_cast<std::uint16_t>(config.shards);
  }
  [[nodiscard]] bool owns_slots(NodeIndex node) const { return ownership_.known().heard_of(node) > 0; }
  [[nodiscard]] bool is_worth_dialling(NodeIndex node) const {
    return links_.worth_dialling(node, owns_slots(node));
  }
  [[nodiscard]] peer::Greeting greeting() {
    return greeter_.make(links_.view(), ownership_.standing(), random_.next(), now_);
  }

  links::Links& links_;
  links::Peers& peers_;
  Telling& telling_;
  const ownership::Ownership& ownership_;
  forward::Forwarder& forwarder_;
  Effects& effects_;
  Random& random_;
  const Now& now_;
  unsigned shard_;
  links::Greeter greeter_;
};

}  // namespace limpet::traffic
