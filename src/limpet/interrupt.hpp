// Ctrl-C as something to be asked for, where it is not to end the process.
#pragma once

#include <csignal>

namespace limpet::client {

// While one lives, SIGINT is only noted. One at a time.
class CatchInterrupts {
 public:
  CatchInterrupts();
  ~CatchInterrupts();
  CatchInterrupts(const CatchInterrupts&) = delete;
  CatchInterrupts& operator=(const CatchInterrupts&) = delete;

 private:
  struct sigaction before_ {};
};

// Has one been noted since this was asked last?
[[nodiscard]] bool take_interrupt();

}  // namespace limpet::client
