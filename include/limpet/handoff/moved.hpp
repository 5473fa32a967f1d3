// Moved: a slot that has changed hands, for whoever adds up several of them.
#pragma once

#include <cstdint>
#include <string>

namespace limpet::handoff {

struct Moved {
  bool given = false;
  std::string with;  // the other node, and of one that was given, why
  std::uint64_t sessions = 0;
  std::uint64_t bytes = 0;
  std::int64_t took_ms = 0;
  std::int64_t frozen_ms = 0;  // of one that was given
};

}  // namespace limpet::handoff
