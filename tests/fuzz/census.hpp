// Census: counts what a node holds in several ways, and claims that they agree.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "small_node.hpp"

namespace limpet::fuzz {

// All keys that SCAN finds, with the Unix time in milliseconds at which each ends (-1: never). Compares them
// with what PEXPIRETIME says of each, and, after some seconds, with another SCAN and with the figures of the
// shards.
std::map<std::string, std::int64_t> take_census(SmallNode& node);

// Lets the node hold `bytes` at most, and make room by taking out what nobody has used for long.
void bound_memory(SmallNode& node, std::int64_t bytes);

// Drops everything, and claims that nothing is left and nothing of the memory.
void check_emptying(SmallNode& node);

}  // namespace limpet::fuzz
