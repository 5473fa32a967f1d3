// FrameTypes: which frames a connection hands on to its user. Those of the connection itself (the greeting,
// signs of life, goodbyes) it deals with alone; all others are unexpected, and it is closed.
#pragma once

#include <cstdint>
#include <limpet/peer/frame.hpp>

namespace limpet::links {

class FrameTypes {
 public:
  constexpr void add(peer::FrameType type) { bits_ |= bit(type); }
  [[nodiscard]] constexpr bool has(peer::FrameType type) const { return (bits_ & bit(type)) != 0; }

 private:
  static constexpr std::uint32_t bit(peer::FrameType type) {
    return std::uint32_t{1} << static_cast<unsigned>(type);
  }
  std::uint32_t bits_ = 0;
};

// A body of these may be longer than a frame, and come in pieces.
[[nodiscard]] constexpr bool may_come_in_pieces(peer::FrameType type) {
  return type == peer::FrameType::request || type == peer::FrameType::reply;
}

// Who sends such a frame waits for a reply to it.
[[nodiscard]] constexpr bool awaits_reply(peer::FrameType type) {
  return type == peer::FrameType::request || type == peer::FrameType::handoff;
}

// It is no piece of a body; else it is Assembler::add() that knows the whole.
[[nodiscard]] inline bool is_whole(const peer::Assembler& assembler, const peer::Frame& frame) {
  return !may_come_in_pieces(frame.type) || assembler.is_whole(frame);
}

}  // namespace limpet::links
