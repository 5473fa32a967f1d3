// Supervisor: tells systemd, or whoever started us with $NOTIFY_SOCKET, how it stands. Nothing happens
// without one.
#pragma once

#include <string>

namespace limpet::limpetd {

// One datagram, for example "READY=1". Lost without a trace if nobody listens.
void tell_supervisor(const std::string& state);

[[nodiscard]] std::string ready_state();      // with the process id, which a fork may have changed
[[nodiscard]] std::string reloading_state();  // with the time, as systemd wants it

}  // namespace limpet::limpetd
