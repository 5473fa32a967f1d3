// Connection: an accepted connection on its way from a listener to the driver that will serve it.
//
// Descriptor: owns a file descriptor of the operating system; moved, never copied; may be handed from thread
// to thread.
#pragma once

#include <string>
#include <utility>

namespace limpet::net {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  Descriptor(Descriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }

  [[nodiscard]] int get() const { return descriptor_; }                   // -1: none
  [[nodiscard]] int release() { return std::exchange(descriptor_, -1); }  // somebody else closes it now
  void close();

 private:
  int descriptor_ = -1;
};

struct Connection {
  Descriptor descriptor;      // does not block
  std::string remote;         // "127.0.0.1:50112", "[::1]:50112", "/run/limpet.sock:0"
  std::string local;          // the same of this side
  bool of_this_host = false;  // over loopback or a Unix socket, or from the address that it connected to
};

// Sends a last line to a connection that is not wanted, and closes it.
void turn_away(Connection connection, const std::string& line);

}  // namespace limpet::net
