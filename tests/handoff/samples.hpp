// Titles and tries that several tests begin with.
#pragma once

#include <cstdint>
#include <limpet/handoff/title.hpp>
#include <optional>

namespace limpet::handoff {

inline constexpr Migration kTry{.boot = 3, .attempt = 2};

inline SlotTitle owner_at(std::uint64_t term) {
  return {.title = {.kind = Title::Kind::own, .term = term}, .promise = std::nullopt};
}

}  // namespace limpet::handoff
