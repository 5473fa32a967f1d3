// What this room calls by their short names of the rooms below.
#pragma once

#include <limpet/traffic/config.hpp>
#include <limpet/traffic/delivery.hpp>
#include <limpet/traffic/effects.hpp>
#include <limpet/traffic/neighbours.hpp>

namespace limpet::following {

using traffic::Delivery;
using traffic::Effects;
using traffic::Neighbours;
using traffic::Note;
using traffic::part_of;
using traffic::ShardConfig;

}  // namespace limpet::following
