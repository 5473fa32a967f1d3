// INFO, with the sections and fields that clients and exporters read.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limpet/base/limits.hpp>
#include <limpet/base/number.hpp>
#include <limpet/base/text.hpp>
#include <limpet/command/command.hpp>
#include <limpet/reports/config.hpp>
#include <limpet/reports/figure_rows.hpp>
#include <limpet/reports/info.hpp>
#include <type_traits>

namespace limpet::reports {

namespace {

// "key:value" lines under a heading.
class Section {
 public:
  Section(std::string& out, std::string_view heading) : out_(out) {
    if (!out_.empty()) out_ += "\r\n";
    out_ += "# ";
    out_ += heading;
    out_ += "\r\n";
  }
  Section& line(std::string_view key, std::string_view value) {
    out_ += key;
    out_ += ':';
    out_ += value;
    out_ += "\r\n";
    return *this;
  }
  template <class Integer>
  requires std::is_integral_v<Integer> Section& line(std::string_view key, Integer value) {
    return line(key, std::string_view(std::to_string(value)));
  }

 private:
  std::string& out_;
};

// Those of one kind of thing that have a name in INFO.
template <class Stats, std::size_t rows>
void write_rows(Section& section, const std::array<FigureRow<Stats>, rows>& table, const Stats& stats,
                typename FigureRow<Stats>::Of of) {
  for (const FigureRow<Stats>& row : table) {
    if (row.of == of && !row.info.empty()) section.line(row.info, stats.*row.field);
  }
}

std::string human(std::uint64_t bytes) {
  constexpr const char* kUnits[] = {"B", "K", "M", "G", "T"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < std::size(kUnits); ++unit) value /= 1024;
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f%s" : "%.2f%s", value, kUnits[unit]);
  return text;
}

std::string fixed(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

double ratio(std::uint64_t a, std::uint64_t b) {
  return b == 0 ? 0 : static_cast<double>(a) / static_cast<double>(b);
}

// With fewer bytes of sessions, the program itself is most of what the process has in memory.
constexpr std::uint64_t kFragmentationFromBytes = 64_MiB;

struct Facts {
  const NodeFacts& node;
  const ShardStats& stats;
  Now now;
};

void server_section(const Facts& facts, std::string& out) {
  const cluster::Node& me = facts.node.view.nodes[facts.node.self];
  const std::int64_t uptime = (facts.now.steady_ms - facts.node.started_ms) / 1000;
  Section(out, "Server")
      .line("redis_version", "7.0.15")
      .line("limpet_version", facts.node.version)
      .line("redis_mode", "standalone")
      .line("arch_bits", 64)
      .line("multiplexing_api", "epoll")
      .line("process_id", facts.node.pid)
      .line("tcp_port", me.client.port)
      .line("server_time_usec", facts.now.unix_ms * 1000)
      .line("uptime_in_seconds", uptime)
      .line("uptime_in_days", uptime / 86400)
      .line("hz", 1000 / kTickMs)
      .line("config_file", facts.node.config_file)
      .line("node_name", me.name)
      .line("shards", facts.node.shards);
}

void clients_section(const Facts& facts, std::string& out) {
  Section(out, "Clients")
      .line("connected_clients", facts.stats.counters.connected_clients)
      .line("cluster_connections", 0)
      .line("maxclients", facts.node.max_clients)
      .line("blocked_clients", 0)
      .line("tracking_clients", 0);
}

void memory_section(const Facts& facts, std::string& out) {
  const std::uint64_t used = facts.stats.store.bytes;
  const std::uint64_t resident = facts.node.process.resident_bytes;
  Section section(out, "Memory");
  section.line("used_memory", used)
      .line("used_memory_human", human(used))
      .line("used_memory_rss", resident)
      .line("used_memory_rss_human", human(resident))
      .line("used_memory_dataset", used)
      .line("total_system_memory", facts.node.process.system_memory_bytes)
      .line("total_system_memory_human", human(facts.node.process.system_memory_bytes))
      .line("maxmemory", facts.node.memory_max)
      .line("maxmemory_human", human(facts.node.memory_max))
      .line("maxmemory_policy", policy_name(facts.node.evict_when_full));
  // The program itself takes some megabytes: beside few sessions that says nothing of how they lie in memory.
  if (used >= kFragmentationFromBytes)
    section.line("mem_fragmentation_ratio", fixed(ratio(resident, used), 2));
}

void persistence_section(const Facts& facts, std::string& out) {
  const DiskStats& disk = facts.stats.disk;
  const std::uint64_t loaded = kSlots - disk.slots_loading;
  Section(out, "Persistence")
      .line("loading", disk.slots_loading > 0 ? 1 : 0)
      .line("async_loading", disk.slots_loading > 0 ? 1 : 0)
      .line("loading_loaded_perc", fixed(100 * ratio(loaded, kSlots), 2))
      .line("rdb_changes_since_last_save", 0)
      .line("rdb_bgsave_in_progress", disk.snapshot_open ? 1 : 0)
      .line("rdb_last_save_time", 0)
      .line("rdb_last_bgsave_status", "ok")
      .line("aof_enabled", disk.journaled ? 1 : 0)
      .line("aof_rewrite_in_progress", 0)
      .line("aof_last_write_status", disk.state == DiskStats::State::ok ? "ok" : "err")
      .line("limpet_durability", cluster::name_of(facts.node.view.durability))
      .line("limpet_disk", name_of(disk.state))
      .line("limpet_slots_loading", disk.slots_loading)
      .line("limpet_slots_damaged", disk.slots_damaged)
      .line("limpet_journal_unwritten_bytes", disk.unwritten_bytes)
      .line("limpet_journal_unsynced_bytes", disk.unsynced_bytes)
      .line("limpet_journal_since_snapshot_bytes", disk.since_snapshot_bytes);
}

void stats_section(const Facts& facts, std::string& out) {
  const Counters& counters = facts.stats.counters;
  Section section(out, "Stats");
  section.line("total_connections_received", counters.connections_received)
      .line("total_commands_processed", counters.commands_processed)
      .line("instantaneous_ops_per_sec", std::llround(facts.stats.rates.operations))
      .line("total_net_input_bytes", counters.net_input_bytes)
      .line("total_net_output_bytes", counters.net_output_bytes)
      .line("expired_keys", facts.stats.store.expired_total)
      .line("evicted_keys", facts.stats.store.evicted_total)
      .line("keyspace_hits", counters.keyspace_hits)
      .line("keyspace_misses", counters.keyspace_misses)
      .line("pubsub_channels", 0)
      .line("pubsub_patterns", 0)
      .line("total_error_replies", counters.error_replies)
      .line("protocol_errors", counters.protocol_errors);
  write_rows(section, kCounterRows, counters, FigureRow<Counters>::Of::forwarding);
}

// Each node owns slots and follows others', so it is a master with the nodes that follow its own.
struct Follower {
  const cluster::Node& node;
  const FollowerStats& stats;
  std::uint64_t offset;
};

std::vector<Follower> followers_of(const NodeFacts& node, const ShardStats& stats) {
  std::vector<Follower> followers;
  for (std::size_t i = 0; i < stats.followers.size() && i < node.view.nodes.size(); ++i) {
    const FollowerStats& one = stats.followers[i];
    const std::uint64_t behind = std::min(one.behind_bytes, stats.disk.journal_bytes);
    if (one.wanted > 0) followers.push_back({node.view.nodes[i], one, stats.disk.journal_bytes - behind});
  }
  return followers;
}

void replication_section(const Facts& facts, std::string& out) {
  const cluster::CopiesPolicy& policy = facts.node.view.copies;
  const std::vector<Follower> followers = followers_of(facts.node, facts.stats);
  Section section(out, "Replication");
  section.line("role", "master").line("connected_slaves", followers.size());
  for (std::size_t i = 0; i < followers.size(); ++i) {
    const Follower& one = followers[i];
    section.line("slave" + std::to_string(i),
                 "ip=" + one.node.client.host + ",port=" + std::to_string(one.node.client.port) +
                     ",state=" + (one.stats.in_sync == one.stats.wanted ? "online" : "wait_bgsave") +
                     ",offset=" + std::to_string(one.offset) +
                     ",lag=" + std::to_string(one.stats.behind_ms / 1000));
  }
  section.line("master_failover_state", "no-failover")
      .line("master_repl_offset", facts.stats.disk.journal_bytes)
      .line("limpet_followers", policy.followers)
      .line("limpet_acks", policy.followers > 0 ? cluster::name_of(policy.acks) : "none")
      .line("limpet_min_followers", policy.min_followers);
  for (const FigureRow<CopiesStats>& row : kCopiesRows) {
    if (!row.info.empty()) section.line(row.info, facts.stats.copies.*row.field);
  }
}

void cpu_section(const Facts& facts, std::string& out) {
  Section(out, "CPU")
      .line("used_cpu_sys", fixed(facts.node.process.system_seconds, 6))
      .line("used_cpu_user", fixed(facts.node.process.user_seconds, 6));
}

void modules_section(const Facts&, std::string& out) { Section(out, "Modules"); }

void commandstats_section(const Facts& facts, std::string& out) {
  Section section(out, "Commandstats");
  for (std::size_t i = 0; i < facts.stats.commands.size(); ++i) {
    const CommandCount& count = facts.stats.commands[i];
    if (count.calls == 0 && count.rejected == 0) continue;
    section.line("cmdstat_" + std::string(command::all()[i].name),
                 "calls=" + std::to_string(count.calls) + ",usec=" + std::to_string(count.usec) +
                     ",usec_per_call=" + fixed(ratio(count.usec, count.calls), 2) + ",rejected_calls=" +
                     std::to_string(count.rejected) + ",failed_calls=" + std::to_string(count.failed));
  }
}

void errorstats_section(const Facts& facts, std::string& out) {
  Section section(out, "Errorstats");
  if (facts.stats.counters.error_replies > 0) {
    section.line("errorstat_ERR", "count=" + std::to_string(facts.stats.counters.error_replies));
  }
}

void cluster_section(const Facts& facts, std::string& out) {
  using Of = FigureRow<HandoffStats>::Of;
  // Off, as clients understand it: they need not know the owners, every node answers for every key.
  Section section(out, "Cluster");
  section.line("cluster_enabled", 0)
      .line("limpet_cluster", facts.node.view.name)
      .line("limpet_epoch", facts.node.view.epoch)
      .line("limpet_content_digest", hex_text(facts.node.view.content_digest))
      .line("limpet_placement_digest", hex_text(facts.node.view.placement_digest))
      .line("limpet_nodes", facts.node.view.nodes.size());
  for (const Of of : {Of::slots, Of::sessions}) write_rows(section, kHandoffRows, facts.stats.handoff, of);
  section.line("limpet_sessions_given_per_second", std::llround(facts.stats.rates.sessions_given))
      .line("limpet_bytes_given_per_second", std::llround(facts.stats.rates.bytes_sent));
}

void keyspace_section(const Facts& facts, std::string& out) {
  Section section(out, "Keyspace");
  const store::StoreStats& store = facts.stats.store;
  if (store.keys == 0) return;
  section.line("db0", "keys=" + std::to_string(store.keys) +
                          ",expires=" + std::to_string(store.expiring_keys) +
                          ",avg_ttl=0,sessions=" + std::to_string(store.sessions));
}

struct SectionRow {
  std::string_view name;
  bool by_default;
  void (*write)(const Facts&, std::string&);
};

constexpr SectionRow kSections[] = {
    {"server", true, server_section},
    {"clients", true, clients_section},
    {"memory", true, memory_section},
    {"persistence", true, persistence_section},
    {"stats", true, stats_section},
    {"replication", true, replication_section},
    {"cpu", true, cpu_section},
    {"modules", true, modules_section},
    {"commandstats", false, commandstats_section},
    {"errorstats", true, errorstats_section},
    {"cluster", true, cluster_section},
    {"keyspace", true, keyspace_section},
};

bool wanted(const SectionRow& row, std::span<const std::string> names) {
  if (names.empty()) return row.by_default;
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return equals_ignore_case(name, row.name) || equals_ignore_case(name, "all") ||
           equals_ignore_case(name, "everything") || (equals_ignore_case(name, "default") && row.by_default);
  });
}

}  // namespace

std::string info_text(const NodeFacts& node, const ShardStats& stats, std::span<const std::string> sections,
                      Now now) {
  const Facts facts{node, stats, now};
  std::string text;
  for (const SectionRow& row : kSections) {
    if (wanted(row, sections)) row.write(facts, text);
  }
  return text;
}

void reply_role(const NodeFacts& facts, const ShardStats& stats, resp::ReplyWriter& reply) {
  const std::vector<Follower> followers = followers_of(facts, stats);
  reply.array(3);
  reply.bulk("master");
  reply.integer(static_cast<std::int64_t>(stats.disk.journal_bytes));
  reply.array(followers.size());
  for (const Follower& one : followers) {
    reply.array(3);
    reply.bulk(one.node.client.host);
    reply.bulk(std::to_string(one.node.client.port));
    reply.bulk(std::to_string(one.offset));
  }
}

}  // namespace limpet::reports
