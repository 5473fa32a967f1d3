#include "interrupt.hpp"

#include <utility>

namespace limpet::client {

namespace {

volatile std::sig_atomic_t noted = 0;

void note_interrupt(int) { noted = 1; }

}  // namespace

CatchInterrupts::CatchInterrupts() {
  noted = 0;
  struct sigaction action {};
  action.sa_handler = note_interrupt;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &before_);
}

CatchInterrupts::~CatchInterrupts() { sigaction(SIGINT, &before_, nullptr); }

bool take_interrupt() {
  const bool was = noted != 0;
  noted = 0;
  return was;
}

}  // namespace limpet::client
