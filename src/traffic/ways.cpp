#include <limpet/traffic/ways.hpp>

namespace limpet::traffic {

using links::Link;

static_assert(forward::Transport::kNotYet == links::Lanes::kLater);

forward::Transport::State Ways::state(forward::Target target) const {
  if (target.is_sibling) return State::sends;
  switch (links_.at(target.index).verdict()) {
    case Link::Verdict::send:
      return State::sends;
    case Link::Verdict::wait:
      return State::waits;
    case Link::Verdict::fail:
      break;
  }
  return State::fails;
}

std::size_t Ways::backlog(forward::Target target) const {
  if (target.is_sibling) return siblings_.waiting(target.index);
  const Link& link = links_.at(target.index);
  return link.up() ? link.lanes().waiting() : 0;
}

std::uint64_t Ways::send(forward::Target target, const peer::Frame& frame) {
  if (!target.is_sibling) return links_.send(target.index, frame);
  siblings_.send(target.index, frame);
  return 0;
}

}  // namespace limpet::traffic
