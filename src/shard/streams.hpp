// What a shard keeps of its connections to other nodes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limpet/base/bytes.hpp>
#include <limpet/peer/frame.hpp>
#include <limpet/peer/greeting.hpp>
#include <limpet/shard/shard.hpp>
#include <optional>
#include <string>

#include "names.hpp"

namespace limpet::shard {

// The stream of a link: what belongs to a link only while it is connected.
struct LinkStream : Stream {
  explicit LinkStream(NodeIndex of_node) : node(of_node) {}
  NodeIndex node;
  Bytes input;
  peer::Assembler assembler;
};

// A node that connected to this one.
struct Peer : Stream {
  StreamId id;
  std::uint64_t number = 0;  // counts them
  std::string address;
  Bytes input;
  peer::Assembler assembler;
  Lanes lanes{out};
  peer::Greeting mine;
  peer::Greeting theirs;
  bool greeted = false;           // its greeting was taken
  bool admitted = false;          // and its proof was right
  std::optional<NodeIndex> node;  // once it is, unless the view does not know it
  unsigned answers_due = 0;       // of this node's shards, to what it asked first
  bool answered = false;          // it has been told all, and hears of changes
  bool said_goodbye = false;      // no request will come from it any more
  bool stalled = false;           // its replies pile up: no request is taken until they have gone
  bool yielded = false;           // its turn has ended; it goes on in the next one
  std::int64_t heard_ms = 0;      // opened, or last heard of; steady
  std::size_t in_flight = 0;      // its requests that are with siblings or other nodes
  ClientMemory::Account memory;   // what is kept for its clients

  // What goes once it is answered, or has been sent. Not what it is in the middle of sending: that has to
  // come first.
  [[nodiscard]] std::size_t kept() const { return lanes.waiting() + memory.charged; }
};

}  // namespace limpet::shard
