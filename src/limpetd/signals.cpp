#include "signals.hpp"

#include <initializer_list>

namespace limpet::limpetd {

sigset_t waited_for() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, kWake}) ::sigaddset(&set, signal);
  return set;
}

void block_signals() {
  const sigset_t set = waited_for();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

void unblock_signals() {
  const sigset_t set = waited_for();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace limpet::limpetd
