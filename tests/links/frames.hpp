// What tests of connections say and look at: frames as bytes, and greetings of nodes n1, n2 ... of cluster c.
#pragma once

#include <initializer_list>
#include <limpet/base/limits.hpp>
#include <limpet/links/frame_types.hpp>
#include <limpet/peer/frame.hpp>
#include <limpet/peer/greeting.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet::links {

using Bodies = std::vector<std::string>;
using Types = std::vector<peer::FrameType>;

inline FrameTypes types_of(std::initializer_list<peer::FrameType> list) {
  FrameTypes types;
  for (const peer::FrameType type : list) types.add(type);
  return types;
}

inline peer::Greeting greeting(std::string node, std::string cluster = "c") {
  peer::Greeting greeting;
  greeting.cluster = std::move(cluster);
  greeting.node = std::move(node);
  greeting.nonce.fill(greeting.node.back());
  return greeting;
}

inline std::string frame_of(const peer::Frame& frame) {
  Bytes bytes;
  peer::append_frame(bytes, frame);
  return std::string(bytes.view());
}

inline std::string greet_frame(const peer::Greeting& greeting) {
  Bytes body;
  peer::append_greeting(body, greeting);
  return frame_of({.type = peer::FrameType::greet, .body = body.view()});
}

// Of the whole frames at the front of `bytes`.
inline Types types_in(std::string_view bytes) {
  Types types;
  for (;;) {
    const peer::FrameStep step = peer::next_frame(bytes, kPieceBytes);
    if (step.kind != peer::FrameStep::Kind::frame) return types;
    types.push_back(step.frame.type);
    bytes.remove_prefix(step.consumed);
  }
}

}  // namespace limpet::links
