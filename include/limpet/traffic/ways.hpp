// Ways: the ways to the other shards of this node and to other nodes, as whoever sends commands on sees them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limpet/forward/transport.hpp>
#include <limpet/links/links.hpp>
#include <limpet/links/siblings.hpp>
#include <limpet/peer/frame.hpp>

namespace limpet::traffic {

class Ways final : public forward::Transport {
 public:
  Ways(links::Links& links, links::Siblings& siblings) : links_(links), siblings_(siblings) {}

  [[nodiscard]] State state(forward::Target target) const override;
  [[nodiscard]] std::size_t backlog(forward::Target target) const override;
  std::uint64_t send(forward::Target target, const peer::Frame& frame) override;

 private:
  links::Links& links_;
  links::Siblings& siblings_;
};

}  // namespace limpet::traffic
