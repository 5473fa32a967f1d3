// A node's snapshot for the tests of its pages: n2 of three nodes, two shards, figures that are easy to
// recognise.
#pragma once

#include <limpet/command/command.hpp>
#include <limpet/node/admin.hpp>

namespace limpet::node {

inline cluster::View three_nodes() {
  cluster::View view;
  view.name = "demo";
  view.epoch = 7;
  view.content_digest = 0x00ab;
  view.placement_digest = 0xfedcba9876543210;
  for (std::uint16_t i = 1; i <= 3; ++i) {
    cluster::Node node;
    node.name = "n" + std::to_string(i);
    node.client = {"127.0.0.1", static_cast<std::uint16_t>(7600 + i)};
    node.peer = cluster::Address{"127.0.0.1", static_cast<std::uint16_t>(7700 + i)};
    view.nodes.push_back(node);
  }
  for (std::size_t slot = 0; slot < view.placement.size(); ++slot) {
    view.placement[slot] = static_cast<cluster::NodeIndex>(slot % 3);
  }
  return view;
}

inline reports::ShardStats a_shard(std::uint64_t keys) {
  reports::ShardStats stats;
  stats.store.keys = keys;
  stats.store.sessions = keys / 2;
  stats.handoff.to_give = 100;
  stats.handoff.sessions_to_give = keys;
  stats.handoff.took_ms_total = 1'500;
  stats.handoff.rate_max = 1'000'000;
  stats.rates = {.operations = 250, .slots_given = 10, .sessions_given = 3.5, .bytes_sent = 4'096};
  stats.counters.connected_clients = 1;
  stats.counters.commands_forwarded = 100;
  stats.commands.resize(command::all().size());
  if (const command::Spec* get = command::find("get")) {
    stats.commands[command::index_of(*get)] = {.calls = 10, .usec = 2'000'000, .rejected = 1, .failed = 2};
  }
  stats.peers.resize(3);
  stats.peers[0] = {
      .state = reports::LinkState::up, .requests_in_flight = 4, .round_trip_us = 250, .last_error = {}};
  stats.peers[2] = {
      .state = reports::LinkState::backing_off, .failures_total = 9, .last_error = "Connection refused"};
  return stats;
}

inline NodeSnapshot a_snapshot(const cluster::View& view) {
  NodeSnapshot snapshot;
  snapshot.view = std::make_shared<const cluster::View>(view);
  snapshot.self = 1;
  snapshot.version = "0.2.0";
  snapshot.pid = 4242;
  snapshot.started_unix_ms = 1'767'225'600'000;  // 2026-01-01T00:00:00Z
  snapshot.uptime_ms = 12'500;
  snapshot.max_clients = 10'000;
  snapshot.shards = {a_shard(20), a_shard(22)};
  snapshot.shards_expected = 2;
  return snapshot;
}

}  // namespace limpet::node
