// What this room calls by their short names of the rooms below.
#pragma once

#include <limpet/base/client_memory.hpp>
#include <limpet/clients/client.hpp>
#include <limpet/clients/clients.hpp>
#include <limpet/clients/parsed_request.hpp>
#include <limpet/clients/replies.hpp>
#include <limpet/forward/overtaking.hpp>
#include <limpet/forward/pending.hpp>
#include <limpet/forward/relay_order.hpp>
#include <limpet/forward/traffic.hpp>
#include <limpet/links/contact.hpp>
#include <limpet/links/lanes.hpp>
#include <limpet/links/link.hpp>
#include <limpet/ownership/known_owners.hpp>
#include <limpet/ownership/slot_table.hpp>

namespace limpet::shard {

using clients::Client;
using clients::ParsedRequest;
using clients::Place;
using clients::ReplyMode;
using forward::kNoSlot;
using forward::Origin;
using forward::Pending;
using links::Lanes;
using links::Link;
using links::Manner;
using ownership::KnownOwners;
using ownership::Owner;
using ownership::Route;
using ownership::SlotMode;
using ownership::SlotTable;

}  // namespace limpet::shard
