// The page /metrics: families built from a snapshot at every scrape, written by prometheus-cpp's serializer.
//
// Names follow Prometheus' conventions: the prefix limpet_ (process_ for what the kernel knows), base units,
// _total for counters. No label ever holds a key or a uid: labels are bounded by the command table and the
// node list.
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>
#include <limpet/base/number.hpp>
#include <limpet/command/command.hpp>
#include <limpet/node/admin.hpp>
#include <limpet/reports/figure_rows.hpp>
#include <utility>
#include <vector>

#include "process_facts.hpp"

namespace limpet::node {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

class Page {
 public:
  void begin(MetricType type, std::string name, std::string help) {
    families_.push_back({std::move(name), std::move(help), type, {}});
  }
  void add(double value, Labels labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    if (families_.back().type == MetricType::Counter) {
      metric.counter.value = value;
    } else {
      metric.gauge.value = value;
    }
    families_.back().metric.push_back(std::move(metric));
  }
  void add(std::uint64_t value, Labels labels = {}) { add(static_cast<double>(value), std::move(labels)); }

  // `bounds`, in seconds, and how many are in each bucket, the last of them above all bounds.
  void histogram(std::string name, std::string help, const std::vector<double>& bounds,
                 const std::vector<std::uint64_t>& counts, double sum) {
    begin(MetricType::Histogram, std::move(name), std::move(help));
    ClientMetric metric;
    std::uint64_t so_far = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      so_far += counts[i];
      const double bound = i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity();
      metric.histogram.bucket.push_back({.cumulative_count = so_far, .upper_bound = bound});
    }
    metric.histogram.sample_count = so_far;
    metric.histogram.sample_sum = sum;
    families_.back().metric.push_back(std::move(metric));
  }

  template <class Number>
  void counter(std::string name, std::string help, Number value) {
    begin(MetricType::Counter, std::move(name), std::move(help));
    add(value);
  }
  template <class Number>
  void gauge(std::string name, std::string help, Number value) {
    begin(MetricType::Gauge, std::move(name), std::move(help));
    add(value);
  }
  [[nodiscard]] std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  std::vector<MetricFamily> families_;
};

template <class Stats>
void add_row(Page& page, const reports::FigureRow<Stats>& row, const Stats& stats) {
  using Row = reports::FigureRow<Stats>;
  const double unit = row.of == Row::Of::milliseconds ? 1e3 : 1;
  page.begin(row.kind == Row::Kind::counter ? MetricType::Counter : MetricType::Gauge,
             std::string(row.metric), std::string(row.help));
  page.add(static_cast<double>(stats.*row.field) / unit);
}

using Of = reports::FigureRow<reports::Counters>::Of;
void add_counters(Page& page, const reports::Counters& counters, Of of) {
  for (const auto& row : reports::kCounterRows) {
    if (row.of == of) add_row(page, row, counters);
  }
}

void add_node(Page& page, const NodeSnapshot& s) {
  page.begin(MetricType::Gauge, "limpet_build_info", "Which limpet this is; always 1.");
  page.add(1.0, {{"version", s.version}});
  page.gauge("limpet_uptime_seconds", "Time since the node started.", static_cast<double>(s.uptime_ms) / 1e3);
  page.gauge("limpet_shards", "Shards of this node.", std::uint64_t{s.shards_expected});
  page.gauge("limpet_shards_answering",
             "Shards that answered this scrape; fewer than limpet_shards means one is stuck.",
             std::uint64_t{s.shards.size()});
}

void add_cluster(Page& page, const NodeSnapshot& s, const reports::ShardStats& sum) {
  const cluster::View& view = *s.view;
  page.gauge("limpet_cluster_epoch", "Epoch of the cluster file in force.", view.epoch);
  const auto listed =
      std::count_if(view.nodes.begin(), view.nodes.end(), [](const auto& n) { return n.listed; });
  page.gauge("limpet_cluster_nodes", "Nodes in the cluster file.", static_cast<std::uint64_t>(listed));
  page.begin(MetricType::Gauge, "limpet_placement_info",
             "Digest of who owns what; always 1. Nodes of one epoch must show the same one.");
  page.add(1.0, {{"digest", hex_text(view.placement_digest)},
                 {"cluster", view.name},
                 {"node", view.nodes[s.self].name}});
  page.begin(
      MetricType::Gauge, "limpet_cluster_file_info",
      "The two digests of the cluster file in force: of its content, and of who owns what by it; always "
      "1. Nodes of one epoch must show the same ones.");
  page.add(1.0, {{"content", hex_text(view.content_digest)},
                 {"placement", hex_text(view.placement_digest)},
                 {"cluster", view.name},
                 {"node", view.nodes[s.self].name}});
  page.begin(MetricType::Gauge, "limpet_slots", "Slots placed on each node, as this node sees it.");
  const std::vector<std::uint32_t> slots = view.slots_per_node();
  for (std::size_t i = 0; i < view.nodes.size() && i < slots.size(); ++i) {
    if (!s.shows(i, sum)) continue;
    page.add(std::uint64_t{slots[i]}, {{"node", view.nodes[i].name}});
  }
}

void add_moves(Page& page, const reports::HandoffStats& slots, const reports::Rates& rates) {
  for (const auto& row : reports::kHandoffRows) add_row(page, row, slots);
  page.gauge("limpet_handover_sessions_per_second", "Sessions given to other nodes in the last seconds.",
             rates.sessions_given);
  page.gauge("limpet_handover_bytes_per_second", "Bytes of sessions sent to other nodes in the last seconds.",
             rates.bytes_sent);
  page.begin(MetricType::Gauge, "limpet_handover_left_seconds",
             "How long what is to be given takes, as it goes now; absent while nothing goes.");
  if (const auto left = seconds_left(slots, rates)) page.add(*left);
}

void add_copies(Page& page, const NodeSnapshot& s, const reports::ShardStats& sum) {
  page.begin(MetricType::Gauge, "limpet_copies_info",
             "How many copies there are to be, and for how many replies wait; always 1.");
  page.add(1.0, {{"followers", std::to_string(s.view->copies.followers)},
                 {"acks", std::string(cluster::name_of(s.view->copies.acks))},
                 {"min_followers", std::to_string(s.view->copies.min_followers)}});
  for (const auto& row : reports::kCopiesRows) add_row(page, row, sum.copies);
  const auto of_each = [&](std::string name, std::string help, auto value) {
    page.begin(MetricType::Gauge, std::move(name), std::move(help));
    for (std::size_t i = 0; i < s.view->nodes.size() && i < sum.followers.size(); ++i) {
      if (sum.followers[i].wanted > 0) page.add(value(sum.followers[i]), {{"peer", s.view->nodes[i].name}});
    }
  };
  using Follower = reports::FollowerStats;
  of_each("limpet_follower_copies_wanted", "Slots of this node that the peer is to have copies of.",
          [](const Follower& one) { return one.wanted; });
  of_each("limpet_follower_copies_in_sync", "Of those, copies that replies can count on.",
          [](const Follower& one) { return one.in_sync; });
  of_each("limpet_follower_behind_bytes", "Bytes of changes that the peer has not confirmed.",
          [](const Follower& one) { return one.behind_bytes; });
  of_each("limpet_follower_behind_seconds", "For so long the peer has confirmed nothing of what it was sent.",
          [](const Follower& one) { return static_cast<double>(one.behind_ms) / 1e3; });
}

void add_sessions(Page& page, const reports::ShardStats& sum) {
  page.gauge("limpet_sessions", "Sessions held in this node's memory.", sum.store.sessions);
  page.gauge("limpet_keys", "Keys of those sessions.", sum.store.keys);
  page.gauge("limpet_expiring_keys", "Keys that have a time-out.", sum.store.expiring_keys);
  page.gauge("limpet_session_bytes", "Memory that the sessions take, tables included.", sum.store.bytes);
  page.gauge("limpet_memory_max_bytes", "What the sessions may take: max-memory; 0: no bound.",
             sum.memory_max);
  page.counter("limpet_expired_keys_total", "Keys whose time-out passed.", sum.store.expired_total);
  page.counter("limpet_evicted_keys_total", "Keys of idle sessions that made room.", sum.store.evicted_total);
  add_counters(page, sum.counters, Of::keyspace);
}

void add_disk(Page& page, const NodeSnapshot& s, const reports::DiskStats& disk) {
  using State = reports::DiskStats::State;
  page.begin(MetricType::Gauge, "limpet_durability_info",
             "What is promised of acknowledged writes; always 1.");
  page.add(1.0, {{"mode", std::string(cluster::name_of(s.view->durability))}});
  page.gauge("limpet_slots_loading", "Slots of this node that are not loaded yet.", disk.slots_loading);
  page.gauge("limpet_slots_damaged", "Slots of this node that are not served, as their files are damaged.",
             disk.slots_damaged);
  page.gauge("limpet_disk_full", "1 while writes are refused because the disk is full.",
             disk.state == State::full ? 1.0 : 0.0);
  page.gauge("limpet_disk_failed", "1 from a failed write or sync on: writes are refused until a new start.",
             disk.state == State::failed ? 1.0 : 0.0);
  page.gauge("limpet_titles_full", "1 while no slot changes hands because the disk is full.",
             s.titles == TitlesState::full ? 1.0 : 0.0);
  page.gauge("limpet_titles_failed",
             "1 from a failed write or sync of titles on: no slot changes hands until a new start.",
             s.titles == TitlesState::failed ? 1.0 : 0.0);
  page.gauge("limpet_journal_unwritten_bytes", "Changes that are not as safe yet as they are to be.",
             disk.unwritten_bytes);
  page.gauge("limpet_journal_unsynced_bytes", "Changes that are not on the disk yet.", disk.unsynced_bytes);
  page.gauge("limpet_journal_since_snapshot_bytes", "Journal that only the next snapshot takes the place of.",
             disk.since_snapshot_bytes);
  page.gauge("limpet_snapshot_running", "1 while sessions are copied into a snapshot.",
             disk.snapshot_open ? 1.0 : 0.0);
}

void add_clients(Page& page, const NodeSnapshot& s, const reports::Counters& c) {
  for (const auto& row : reports::kCounterRows) {
    if (row.of != Of::clients) continue;
    add_row(page, row, c);
    // What the node knows of the same stands beside it.
    if (row.field == &reports::Counters::connected_clients) {
      page.gauge("limpet_clients_max", "Setting max-clients.", s.max_clients);
    }
    if (row.field == &reports::Counters::connections_received) {
      page.counter("limpet_connections_rejected_total",
                   "Client connections refused at max-clients or by protected mode.", s.connections_rejected);
    }
  }
}

// One family over all commands, taken from `field` of each one's count.
template <class Field>
void add_commands(Page& page, const reports::ShardStats& sum, std::string name, std::string help,
                  Field field) {
  page.begin(MetricType::Counter, std::move(name), std::move(help));
  const auto specs = command::all();
  for (std::size_t i = 0; i < specs.size() && i < sum.commands.size(); ++i) {
    page.add(field(sum.commands[i]), {{"cmd", std::string(specs[i].name)}});
  }
}

void add_commands(Page& page, const reports::ShardStats& sum) {
  using Count = reports::CommandCount;
  add_counters(page, sum.counters, Of::commands);
  page.gauge("limpet_operations_per_second", "Commands on keys executed here in the last seconds.",
             sum.rates.operations);
  add_commands(page, sum, "limpet_commands_total", "Commands executed here.",
               [](const Count& c) { return c.calls; });
  add_commands(page, sum, "limpet_command_failures_total",
               "Commands executed here and answered with an error.", [](const Count& c) { return c.failed; });
  add_commands(page, sum, "limpet_command_rejections_total", "Commands refused before they were executed.",
               [](const Count& c) { return c.rejected; });
  add_commands(page, sum, "limpet_command_seconds_total", "Time in handlers, estimated from samples.",
               [](const Count& c) { return static_cast<double>(c.usec) / 1e6; });
}

void add_latencies(Page& page, const reports::Latencies& latencies) {
  std::vector<double> bounds;
  for (const std::uint64_t ns : reports::Latencies::kUpTo) bounds.push_back(static_cast<double>(ns) / 1e9);
  page.histogram("limpet_command_duration_seconds",
                 "How long commands executed here took in their handlers, estimated from samples.", bounds,
                 {latencies.counts.begin(), latencies.counts.end()},
                 static_cast<double>(latencies.total_ns) / 1e9);
}

// One family over all peers but this node itself.
template <class Field>
void add_peers(Page& page, const NodeSnapshot& s, const reports::ShardStats& sum, MetricType type,
               std::string name, std::string help, Field field) {
  page.begin(type, std::move(name), std::move(help));
  for (std::size_t i = 0; i < s.view->nodes.size() && i < sum.peers.size(); ++i) {
    if (i != s.self && s.shows(i, sum)) page.add(field(sum.peers[i]), {{"peer", s.view->nodes[i].name}});
  }
}

void add_peers(Page& page, const NodeSnapshot& s, const reports::ShardStats& sum) {
  using Peer = reports::PeerStats;
  add_peers(page, s, sum, MetricType::Gauge, "limpet_peer_up", "1 when every shard's link to the peer is up.",
            [](const Peer& p) { return p.state == reports::LinkState::up ? 1.0 : 0.0; });
  add_peers(page, s, sum, MetricType::Gauge, "limpet_peer_requests_in_flight",
            "Requests the peer has not answered yet.", [](const Peer& p) { return p.requests_in_flight; });
  add_peers(page, s, sum, MetricType::Counter, "limpet_peer_requests_total", "Requests sent to the peer.",
            [](const Peer& p) { return p.requests_total; });
  add_peers(page, s, sum, MetricType::Counter, "limpet_peer_failures_total",
            "Dials that failed and links that died.", [](const Peer& p) { return p.failures_total; });
  page.begin(MetricType::Gauge, "limpet_peer_round_trip_seconds",
             "Round trip of the last ping; absent before one.");
  for (std::size_t i = 0; i < s.view->nodes.size() && i < sum.peers.size(); ++i) {
    if (sum.peers[i].round_trip_us < 0 || !s.shows(i, sum)) continue;
    page.add(static_cast<double>(sum.peers[i].round_trip_us) / 1e6, {{"peer", s.view->nodes[i].name}});
  }
}

void add_process(Page& page, const NodeSnapshot& s) {
  const ProcessFacts facts = read_process_facts();
  page.counter("process_cpu_seconds_total", "User and system CPU time of the process.", facts.cpu_seconds);
  page.gauge("process_resident_memory_bytes", "Resident memory.", facts.resident_bytes);
  page.gauge("process_virtual_memory_bytes", "Virtual memory.", facts.virtual_bytes);
  page.gauge("process_open_fds", "Open file descriptors.", facts.open_descriptors);
  page.gauge("process_max_fds", "Limit of open file descriptors.", facts.max_descriptors);
  page.gauge("process_threads", "Threads.", facts.threads);
  page.gauge("process_start_time_seconds", "Start of the process, in Unix time.",
             static_cast<double>(s.started_unix_ms) / 1e3);
}

}  // namespace

std::string metrics_text(const NodeSnapshot& snapshot) {
  reports::ShardStats sum;
  for (const reports::ShardStats& one : snapshot.shards) sum.add(one);

  Page page;
  add_node(page, snapshot);
  add_cluster(page, snapshot, sum);
  add_moves(page, sum.handoff, sum.rates);
  add_copies(page, snapshot, sum);
  add_sessions(page, sum);
  add_disk(page, snapshot, sum.disk);
  add_clients(page, snapshot, sum.counters);
  add_commands(page, sum);
  add_latencies(page, sum.latencies);
  add_counters(page, sum.counters, Of::forwarding);
  add_peers(page, snapshot, sum);
  add_process(page, snapshot);
  return page.text();
}

}  // namespace limpet::node
