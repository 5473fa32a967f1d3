// What this room calls by their short names of the rooms below.
#pragma once

#include <limpet/clients/client.hpp>
#include <limpet/forward/pending.hpp>
#include <limpet/links/link.hpp>
#include <limpet/ownership/known_owners.hpp>
#include <limpet/reports/info.hpp>
#include <limpet/reports/stats.hpp>
#include <limpet/traffic/config.hpp>
#include <limpet/traffic/delivery.hpp>
#include <limpet/traffic/dispatch.hpp>
#include <limpet/traffic/effects.hpp>
#include <limpet/traffic/nodes.hpp>
#include <limpet/traffic/sending.hpp>
#include <limpet/traffic/waiting.hpp>

namespace limpet::wide {

using clients::Client;
using cluster::NodeIndex;
using forward::Origin;
using links::Link;
using ownership::Owner;
using reports::Counters;
using reports::DiskStats;
using reports::HandoffStats;
using reports::PeerStats;
using reports::ProcessFacts;
using reports::Rates;
using reports::ShardStats;
using traffic::Decision;
using traffic::Delivery;
using traffic::directory_of;
using traffic::Dispatch;
using traffic::Effects;
using traffic::Note;
using traffic::Order;
using traffic::part_of;
using traffic::Sending;
using traffic::ShardConfig;
using traffic::ShardTunables;
using traffic::Waiting;

}  // namespace limpet::wide
