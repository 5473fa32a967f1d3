// Going to the background: two forks, a session of its own, and a parent that waits until it knows how it
// went.
#pragma once

#include <limpet/base/result.hpp>
#include <string>
#include <utility>

namespace limpet::limpetd {

// How the daemon tells the process that started it.
class Starter {
 public:
  Starter() = default;
  explicit Starter(int fd) : fd_(fd) {}
  ~Starter() { close(); }
  Starter(Starter&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Starter& operator=(Starter&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  // Does somebody wait? Not in the foreground, nor after one of these was called.
  [[nodiscard]] bool waits() const { return fd_ >= 0; }
  // The node is ready: the parent exits with 0, and this process lets go of its terminal.
  void tell_ready();
  // The parent shows `text` and exits with `exit_code`.
  void tell_failed(int exit_code, const std::string& text);

 private:
  void close();
  int fd_ = -1;
};

// Returns in the daemon. The calling process waits for what the daemon tells and exits; it never returns.
// To be called before there are threads. Error: the system refused a fork or a pipe.
[[nodiscard]] Result<Starter> go_to_background();

}  // namespace limpet::limpetd
