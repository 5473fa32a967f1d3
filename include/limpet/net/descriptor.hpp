// Descriptor: owns a file descriptor of the operating system; moved, never copied; may be handed from thread
// to thread.
#pragma once

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

}  // namespace limpet::net
