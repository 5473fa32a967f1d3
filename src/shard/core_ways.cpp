// The ways to other shards and nodes, as the Forwarder sees them.
#include "core.hpp"

namespace limpet::shard {

using forward::Target;
using forward::Transport;

Transport::State Core::Ways::state(Target target) const {
  if (target.is_sibling) return State::sends;
  switch (core_.link_to(target.index).verdict()) {
    case Link::Verdict::send:
      return State::sends;
    case Link::Verdict::wait:
      return State::waits;
    case Link::Verdict::fail:
      break;
  }
  return State::fails;
}

std::size_t Core::Ways::backlog(Target target) const {
  if (target.is_sibling) return core_.siblings_.waiting(target.index);
  Link& link = core_.link_to(target.index);
  return link.up() ? link.lanes().waiting() : 0;
}

std::uint64_t Core::Ways::send(Target target, const Frame& frame) {
  if (target.is_sibling) {
    core_.siblings_.send(target.index, frame);
    return 0;
  }
  Link& link = core_.link_to(target.index);
  const std::uint64_t end = link.lanes().send(frame);
  core_.refill(link);
  return end;
}

}  // namespace limpet::shard
