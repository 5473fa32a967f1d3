// LIMPET_ASSERT: a condition that only a mistake in limpet itself can break. It is checked in every build, release
// too, and stops the process: wrong state must not be served, still less written down.
//
// Never reachable from bytes that a client or a peer sent.
#pragma once

namespace limpet {

[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace limpet

#define LIMPET_ASSERT(condition) \
  (static_cast<bool>(condition) ? void(0) : ::limpet::assertion_failed(#condition, __FILE__, __LINE__))
