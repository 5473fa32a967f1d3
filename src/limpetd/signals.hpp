// Signals: those that limpetd waits for, and that mean nothing to it before it does.
#pragma once

#include <csignal>

namespace limpet::limpetd {

// Sent by our own threads to the one that waits for signals: there is something to look at.
inline constexpr int kWake = SIGUSR2;

[[nodiscard]] sigset_t waited_for();
// First of all: one that comes early stays pending until somebody waits for it. Threads inherit it.
void block_signals();
// For a process that will not wait for any: they end it again.
void unblock_signals();

}  // namespace limpet::limpetd
