// KillAt: a moment of a hand-over at which this process kills itself, so that a test sees what becomes of it.
//
// Written MOMENT or MOMENT:N, for the N-th time that the process gets there. The moments have their names in
// handoff/crash_point.hpp.
#pragma once

#include <cstdint>
#include <limpet/base/result.hpp>
#include <limpet/handoff/crash_point.hpp>
#include <string_view>

namespace limpet::node {

struct KillAt {
  handoff::CrashPoint moment;
  std::uint64_t time = 1;
};

// Error: it is none; the text lists all moments.
[[nodiscard]] Result<KillAt> parse_kill_at(std::string_view text);

// Kills this process with SIGKILL once it has been called for that moment so often. For all threads.
[[nodiscard]] handoff::CrashHook killing_at(const KillAt& wanted);

}  // namespace limpet::node
