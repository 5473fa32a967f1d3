// Titles and tries that several tests begin with.
#pragma once

#include <cstdint>
#include <limpet/handoff/title.hpp>
#include <optional>

namespace limpet::handoff {

inline constexpr Migration kTry{.boot = 3, .attempt = 2};

inline SlotTitle owner_at(std::uint64_t cessions, std::uint32_t restarts = 0) {
  return {.title = {.kind = Title::Kind::own, .term = {cessions, restarts}}, .promise = std::nullopt};
}

}  // namespace limpet::handoff
