// Greeter: what this node says of itself in a greeting, each time with a nonce of its own.
#pragma once

#include <cstdint>
#include <limpet/base/encoding.hpp>
#include <limpet/base/time.hpp>
#include <limpet/cluster/view.hpp>
#include <limpet/peer/greeting.hpp>
#include <optional>
#include <string>
#include <utility>

namespace limpet::links {

class Greeter {
 public:
  // `shards`: of a node that may follow others.
  Greeter(cluster::NodeIndex self, std::string release, std::optional<std::uint16_t> shards = std::nullopt)
      : self_(self), release_(std::move(release)), shards_(shards) {}

  // Never the same twice: a counter stands beside the random half.
  [[nodiscard]] peer::Greeting make(const cluster::View& view, const peer::Standing& standing,
                                    std::uint64_t random, Now now) {
    const cluster::Node& me = view.nodes[self_];
    peer::Greeting greeting;
    static_cast<peer::Standing&>(greeting) = standing;
    greeting.cluster = view.name;
    greeting.node = me.name;
    greeting.client = me.client.text();
    greeting.peer = me.peer ? me.peer->text() : "";
    greeting.release = release_;
    greeting.shards = shards_;
    store_le(greeting.nonce.data(), random);
    store_le(greeting.nonce.data() + 8, ++nonces_ ^ (static_cast<std::uint64_t>(now.unix_ms) << 20));
    return greeting;
  }

 private:
  cluster::NodeIndex self_;
  std::string release_;
  std::optional<std::uint16_t> shards_;
  std::uint64_t nonces_ = 0;
};

}  // namespace limpet::links
