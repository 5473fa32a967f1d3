#include <limpet/base/assert.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/route/router.hpp>
#include <utility>

namespace limpet::route {

static_assert(kNodesMax <= 1u << 13 && kShardsMax <= 1u << 13, "a target fits its part of a word");

std::uint16_t Router::pack(Route route) {
  LIMPET_ASSERT(route.target <= kTargetMask);
  return static_cast<std::uint16_t>((static_cast<unsigned>(route.kind) << kTargetBits) | route.target);
}

Router::Router(const cluster::View& view, NodeIndex self, unsigned shards, unsigned shard) {
  LIMPET_ASSERT(self < view.nodes.size());
  LIMPET_ASSERT(shard < shards && shards <= kShardsMax);
  here_ = pack({Route::Kind::here, static_cast<std::uint16_t>(shard)});
  wait_ = pack({Route::Kind::wait, static_cast<std::uint16_t>(shard)});
  for (unsigned slot = 0; slot < kSlots; ++slot) {
    const NodeIndex owner = view.placement[slot];
    const auto holder = static_cast<std::uint16_t>(shard_of(static_cast<Slot>(slot), shards));
    if (owner == ring::kNobody) {
      words_[slot] = pack({Route::Kind::refuse, 0});
    } else if (owner != self) {
      words_[slot] = pack({Route::Kind::peer, owner});
    } else if (holder != shard) {
      words_[slot] = pack({Route::Kind::sibling, holder});
    } else {
      words_[slot] = here_;
    }
  }
}

void Router::hold_back(Slot slot) {
  if (words_[slot] == here_) words_[slot] = wait_;
}

bool Router::set(Slot slot, Route route) {
  const std::uint16_t word = pack(route);
  return std::exchange(words_[slot], word) != word;
}

void Router::serve(Slot slot) {
  if (words_[slot] == wait_) words_[slot] = here_;
}

}  // namespace limpet::route
