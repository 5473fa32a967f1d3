// Transport: the way to another shard of this node, or to another node, as whoever sends commands on needs
// it.
//
// Implemented by whoever has the connections, on the thread of the shard.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limpet/peer/frame.hpp>

namespace limpet::forward {

struct Target {
  bool is_sibling =
      false;  // another shard of this node, by its index; else another node, by the view's numbers
  std::uint16_t index = 0;

  friend bool operator==(const Target&, const Target&) = default;
};

class Transport {
 public:
  // What may be done with a new command.
  enum class State : std::uint8_t {
    sends,  // it goes out now
    waits,  // for the dial that is under way, or is to be begun
    fails,  // at once
  };

  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;

  [[nodiscard]] virtual State state(Target target) const = 0;
  // Bytes that were handed over and have not left yet.
  [[nodiscard]] virtual std::size_t backlog(Target target) const = 0;
  // Returns the offset in the target's stream where the frame ends. kNotYet: it goes in pieces, and whoever
  // has the connections tells when the last of them has its place (Forwarder::placed()), maybe before this
  // returns. REQUIRES: state() is sends.
  virtual std::uint64_t send(Target target, const peer::Frame& frame) = 0;
  static constexpr std::uint64_t kNotYet = ~std::uint64_t{0};
};

}  // namespace limpet::forward
