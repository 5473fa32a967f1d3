#include <limpet/links/link_stats.hpp>

namespace limpet::links {

const char* name_of(LinkState state) {
  switch (state) {
    case LinkState::idle:
      return "idle";
    case LinkState::dialing:
      return "dialing";
    case LinkState::greeting:
      return "greeting";
    case LinkState::up:
      return "up";
    case LinkState::quiet:
      return "quiet";
    case LinkState::backing_off:
      return "down";
  }
  return "unknown";
}

}  // namespace limpet::links
