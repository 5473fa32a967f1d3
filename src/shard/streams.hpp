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

// What a node that has asked has been told.
struct Told {
  unsigned answers_due = 0;  // of this node's shards, to what it asked first
  bool all = false;          // it hears of changes
};

}  // namespace limpet::shard
