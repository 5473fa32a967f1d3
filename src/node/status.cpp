// The page /status: one node's own view of itself, its cluster and its shards, as JSON for people and
// scripts.
#include <cmath>
#include <ctime>
#include <limpet/base/number.hpp>
#include <limpet/command/command.hpp>
#include <limpet/node/admin.hpp>
#include <limpet/reports/figure_rows.hpp>
#include <nlohmann/json.hpp>

namespace limpet::node {
namespace {

using Json = nlohmann::ordered_json;

std::string utc(std::int64_t unix_ms) {
  const auto seconds = static_cast<std::time_t>(unix_ms / 1000);
  std::tm fields{};
  char text[32];
  ::gmtime_r(&seconds, &fields);
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &fields)};
}

// Digests are text: JSON readers lose bits of integers this large.
Json cluster_json(const NodeSnapshot& s) {
  return {{"name", s.view->name},
          {"epoch", s.view->epoch},
          {"durability", cluster::name_of(s.view->durability)},
          {"followers", s.view->copies.followers},
          {"acks", cluster::name_of(s.view->copies.acks)},
          {"min_followers", s.view->copies.min_followers},
          {"content_digest", hex_text(s.view->content_digest)},
          {"placement_digest", hex_text(s.view->placement_digest)}};
}

Json store_json(const store::StoreStats& store) {
  return {{"sessions", store.sessions},
          {"keys", store.keys},
          {"expiring_keys", store.expiring_keys},
          {"bytes", store.bytes},
          {"expired_keys_total", store.expired_total},
          {"evicted_keys_total", store.evicted_total}};
}

// Each figure by the name of its row.
template <class Stats, std::size_t rows>
Json rows_json(const std::array<reports::FigureRow<Stats>, rows>& table, const Stats& stats) {
  Json out;
  for (const reports::FigureRow<Stats>& row : table) out[std::string(row.status)] = stats.*row.field;
  return out;
}

Json disk_json(const reports::DiskStats& disk) {
  return {{"disk", name_of(disk.state)},
          {"slots_loading", disk.slots_loading},
          {"slots_damaged", disk.slots_damaged},
          {"journal_unwritten_bytes", disk.unwritten_bytes},
          {"journal_unsynced_bytes", disk.unsynced_bytes},
          {"journal_since_snapshot_bytes", disk.since_snapshot_bytes},
          {"snapshot_running", disk.snapshot_open}};
}

// Slots that this node holds, and those that change hands.
Json slots_json(const reports::HandoffStats& slots, const reports::Rates& rates) {
  const auto left = seconds_left(slots, rates);
  Json out = rows_json(reports::kHandoffRows, slots);
  out["sessions_given_per_second"] = std::llround(rates.sessions_given);
  out["bytes_given_per_second"] = std::llround(rates.bytes_sent);
  out["handover_seconds_left"] = left ? Json(std::llround(*left)) : Json(nullptr);
  out["handover_last_failure"] = slots.last_failure.data();
  return out;
}

// What one shard, or all of them together, holds and has done.
Json figures(const reports::ShardStats& stats) {
  Json out = store_json(stats.store);
  out["ops_per_second"] = std::llround(stats.rates.operations);
  out.update(slots_json(stats.handoff, stats.rates));
  out.update(rows_json(reports::kCopiesRows, stats.copies));
  out.update(rows_json(reports::kCounterRows, stats.counters));
  if (stats.disk.journaled) out.update(disk_json(stats.disk));
  return out;
}

Json link_json(const reports::PeerStats& peer) {
  Json out = {{"state", name_of(peer.state)},
              {"requests_in_flight", peer.requests_in_flight},
              {"requests_total", peer.requests_total},
              {"failures_total", peer.failures_total}};
  out["round_trip_us"] = peer.round_trip_us < 0 ? Json(nullptr) : Json(peer.round_trip_us);
  out["last_error"] = peer.last_error;
  return out;
}

Json address_json(const std::optional<cluster::Address>& address) {
  return address ? Json(address->text()) : Json(nullptr);
}

Json nodes_json(const NodeSnapshot& s, const reports::ShardStats& sum) {
  const std::vector<std::uint32_t> slots = s.view->slots_per_node();
  Json out = Json::array();
  for (std::size_t i = 0; i < s.view->nodes.size(); ++i) {
    const cluster::Node& node = s.view->nodes[i];
    if (!s.shows(i, sum)) continue;
    Json entry = {{"name", node.name},
                  {"self", i == s.self},
                  {"listed", node.listed},
                  {"client", node.client.text()},
                  {"peer", address_json(node.peer)},
                  {"admin", address_json(node.admin)},
                  {"weight", node.weight_thousandths / 1000.0},
                  {"zone", node.zone},
                  {"slots", i < slots.size() ? slots[i] : 0}};
    // Null: this node itself, or no shard has said anything about the peer.
    const bool heard = i != s.self && i < sum.peers.size();
    entry["slots_held"] = i == s.self ? Json(sum.handoff.slots)
                          : heard     ? Json(sum.peers[i].slots)
                                      : Json(nullptr);
    entry["sessions"] = i == s.self                           ? Json(sum.store.sessions)
                        : heard && sum.peers[i].sessions >= 0 ? Json(sum.peers[i].sessions)
                                                              : Json(nullptr);
    entry["link"] = i == s.self || i >= sum.peers.size() ? Json(nullptr) : link_json(sum.peers[i]);
    out.push_back(std::move(entry));
  }
  return out;
}

Json commands_json(const reports::ShardStats& sum) {
  Json out = Json::object();
  const auto specs = command::all();
  for (std::size_t i = 0; i < specs.size() && i < sum.commands.size(); ++i) {
    const reports::CommandCount& count = sum.commands[i];
    if (count.calls + count.rejected + count.failed == 0) continue;
    out[std::string(specs[i].name)] = {
        {"calls", count.calls}, {"usec", count.usec}, {"rejected", count.rejected}, {"failed", count.failed}};
  }
  return out;
}

}  // namespace

std::string status_json(const NodeSnapshot& snapshot) {
  reports::ShardStats sum;
  for (const reports::ShardStats& one : snapshot.shards) sum.add(one);

  Json out = {{"node", snapshot.view->nodes[snapshot.self].name},
              {"version", snapshot.version},
              {"pid", snapshot.pid},
              {"started", utc(snapshot.started_unix_ms)},
              {"uptime_seconds", snapshot.uptime_ms / 1000},
              {"cluster", cluster_json(snapshot)}};
  out["here"] = figures(sum);
  out["here"]["max_clients"] = snapshot.max_clients;
  out["here"]["connections_rejected"] = snapshot.connections_rejected;
  out["here"]["titles"] = snapshot.titles == TitlesState::ok     ? "ok"
                          : snapshot.titles == TitlesState::full ? "full"
                                                                 : "failed";
  out["nodes"] = nodes_json(snapshot, sum);
  out["shards_expected"] = snapshot.shards_expected;
  out["shards_answering"] = snapshot.shards.size();
  out["shards"] = Json::array();
  for (const reports::ShardStats& one : snapshot.shards) out["shards"].push_back(figures(one));
  out["commands"] = commands_json(sum);
  // Text from outside that is not UTF-8 is shown with replacement characters, it does not cost the page.
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace limpet::node
