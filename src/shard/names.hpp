// What this room calls by their short names of the rooms below.
#pragma once

#include <limpet/following/following.hpp>
#include <limpet/traffic/neighbours.hpp>
#include <limpet/traffic/nodes.hpp>
#include <limpet/traffic/traffic.hpp>
#include <limpet/wide/commands.hpp>

namespace limpet::shard {

using following::Following;
using traffic::Decision;
using traffic::Delivery;
using traffic::directory_of;
using traffic::Dispatch;
using traffic::Linking;
using traffic::Neighbours;
using traffic::Sending;
using traffic::Telling;
using traffic::Traffic;
using traffic::Waiting;
using wide::Builtins;
using wide::Commands;
using wide::Orders;
using wide::OwnParts;
using wide::WideCommands;

}  // namespace limpet::shard
