#include "sim_cluster.hpp"

#include <algorithm>
#include <limpet/base/assert.hpp>
#include <limpet/base/hash.hpp>
#include <utility>

namespace limpet::shard {

namespace {
constexpr std::uint64_t kSecretSeed = 7;  // of tables, which all nodes that have the secret make of it
}

std::string cluster_text(unsigned nodes, std::uint64_t epoch) {
  return cluster_text(std::vector<bool>(nodes, true), epoch);
}

std::string cluster_text(const std::vector<bool>& listed, std::uint64_t epoch) {
  std::vector<FileNode> nodes(listed.size());
  for (std::size_t i = 0; i < listed.size(); ++i) nodes[i].listed = listed[i];
  return cluster_text(nodes, epoch);
}

std::string cluster_text(const std::vector<FileNode>& nodes, std::uint64_t epoch) {
  std::string text =
      "epoch = " + std::to_string(epoch) + "\n[cluster]\nname = \"sim\"\ndurability = \"none\"\n";
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (!nodes[i].listed) continue;
    const std::string n = std::to_string(i + 1);
    text += "[[node]]\nname = \"n" + n + "\"\nclient = \"10.0.0." + n + ":7600\"\npeer = \"10.0.0." + n +
            ":7700\"\nweight = " + std::string(nodes[i].weight) + "\nstate = \"" +
            std::string(nodes[i].state) + "\"\n";
  }
  return text;
}

SimCluster::SimCluster(Options options) : options_(std::move(options)), random_state_(options_.seed) {
  nodes_.resize(options_.nodes);
  for (unsigned i = 0; i < options_.nodes; ++i) {
    nodes_[i].file = options_.files.empty() ? cluster_text(options_.nodes) : options_.files[i];
    if (i < options_.started) start(i);
  }
}

SimCluster::~SimCluster() {
  // What a blocked way holds back holds the wire.
  for (const WirePtr& wire : node_wires_) {
    for (auto& held : wire->held) held.clear();
  }
}

std::uint64_t SimCluster::random(std::uint64_t below) {
  std::uint64_t z = random_state_ += 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return (z ^ (z >> 31)) % below;
}

void SimCluster::mix(std::uint64_t value) { trace_ = (trace_ ^ value) * 0x100000001b3ULL + 0x9e3779b9ULL; }

// ---- Time ----

void SimCluster::at(std::int64_t ms, std::function<void()> event) {
  events_.emplace(std::make_pair(ms, ++sequence_), std::move(event));
}

void SimCluster::run_for(std::int64_t ms) {
  run_until([] { return false; }, ms);
}

bool SimCluster::run_until(const std::function<bool()>& done, std::int64_t ms_max) {
  const std::int64_t end = now_ms_ + ms_max;
  while (!done()) {
    if (events_.empty() || events_.begin()->first.first > end) {
      now_ms_ = end;
      return done();
    }
    now_ms_ = events_.begin()->first.first;
    const std::function<void()> event = std::move(events_.begin()->second);
    events_.erase(events_.begin());
    event();
  }
  return true;
}

bool SimCluster::eventually(const std::function<bool()>& done, std::int64_t ms_max) {
  constexpr std::int64_t kLookEveryMs = 50;
  for (const std::int64_t end = now_ms_ + ms_max; now_ms_ < end; run_for(kLookEveryMs)) {
    if (done()) return true;
  }
  return done();
}

void SimCluster::on_node(unsigned index, std::uint64_t life, std::function<void()> event) {
  Node& node = nodes_[index];
  if (!node.alive || node.life != life) return;
  if (node.paused) {
    node.deferred.push_back([this, index, life, event = std::move(event)] { on_node(index, life, event); });
    return;
  }
  event();
}

void SimCluster::tick(unsigned node, unsigned shard, std::uint64_t life) {
  at(now_ms_ + kTickMs, [=, this] {
    on_node(node, life, [=, this] {
      nodes_[node].shards[shard]->tick(now(node));
      pump(node, shard);
      tick(node, shard, life);
    });
  });
}

// ---- Nodes ----

ShardTunables SimCluster::tunables_of(unsigned index) const {
  ShardTunables tunables;
  tunables.password = options_.password;
  if (!options_.secrets.empty()) tunables.secret = options_.secrets[index];
  tunables.forward_timeout_ms = options_.forward_timeout_ms;
  tunables.handover_rate = options_.handover_rate;
  tunables.client_bytes_max = options_.client_bytes_max;
  return tunables;
}

void SimCluster::set_secrets(unsigned index, Secrets secrets) {
  options_.secrets.at(index) = std::move(secrets);
  for (const std::unique_ptr<Shard>& shard : nodes_[index].shards) shard->reload(tunables_of(index));
}

void SimCluster::start(unsigned index) {
  Node& node = nodes_[index];
  LIMPET_ASSERT(!node.alive);
  if (!read_file(index)) return;
  node.alive = true;
  node.paused = false;
  node.titles_fail = node.titles_failed = node.dying = false;
  node.last_moment = nullptr;
  node.unsynced.assign(options_.shards, false);
  ++node.life;
  node.since_ms = static_cast<std::int64_t>((index + 1) * node.life) * 10'000'019;  // since that host began
  node.shards.clear();
  node.wires.assign(options_.shards, {});
  std::shared_ptr<const std::vector<handoff::SlotTitle>> titles;
  if (options_.moves) {
    node.disk.boot(node.keeps_journal, random(~std::uint64_t{0}));
    const handoff::TitleBook& book = node.disk.book;
    titles = std::make_shared<const std::vector<handoff::SlotTitle>>(book.titles());
    node.founding = std::make_shared<Founding>(book.founded(), book.fresh());
    node.founding->propose(Founding::id_of(node.view->placement_digest));
    node.company = std::make_shared<Company>(options_.shards);
  }
  // As node.cpp has it.
  const std::uint64_t table_seed = options_.secrets.empty() ? random(~std::uint64_t{0}) : kSecretSeed;
  for (unsigned shard = 0; shard < options_.shards; ++shard) {
    ShardConfig config;
    config.view = node.view;
    if (options_.moves) {
      config.handoff = {.boot = node.disk.book.boot(),
                        .titles = titles,
                        .founding = node.founding,
                        .raised = node.disk.book.raised()};
      config.handoff->crash_hook = [this, index](handoff::Step step, handoff::Kind kind) {
        pass(index, step, kind);
      };
      config.company = node.company;
      config.handoff->boots = boots_of(index);
    }
    if (options_.journal && node.keeps_journal) {
      config.journal = node.disk.begin_stream(options_.shards, shard, random(~std::uint64_t{0}));
      config.loads = true;
      if (options_.copies) config.follow_log_bytes = kFollowLogBytes;
    }
    config.self = *node.view->find("n" + std::to_string(index + 1));
    config.shards = options_.shards;
    config.index = shard;
    config.version = "sim";
    config.table_seed = table_seed;
    config.random_seed = random(~std::uint64_t{0});
    node.shards.push_back(std::make_unique<Shard>(config, tunables_of(index), now(index)));
    tick(index, shard, node.life);
    if (config.loads) load(index, shard);
  }
}

void SimCluster::kill(unsigned index) {
  Node& node = nodes_[index];
  if (node.alive) node.disk.crash([this](std::uint64_t below) { return random(below); });
  node.alive = node.dying = false;
  node.last_moment = nullptr;
  node.deferred.clear();
  std::vector<std::pair<WirePtr, int>> open;
  for (auto& wires : node.wires) {
    for (auto& [id, wire] : wires) open.push_back(wire);
  }
  node.wires.assign(options_.shards, {});
  node.shards.clear();
  for (auto& [wire, end] : open) hang_up(wire, end);
}

void SimCluster::kill_at(unsigned index, const handoff::CrashPoint& moment, unsigned time) {
  nodes_[index].last_moment = &moment;
  nodes_[index].moments_left = time;
}

void SimCluster::pass(unsigned index, handoff::Step step, handoff::Kind kind) {
  Node& node = nodes_[index];
  const handoff::CrashPoint* const last = node.last_moment;
  if (last == nullptr || last->step != step || last->kind != kind) return;
  if (--node.moments_left == 0) node.dying = true;
}

bool SimCluster::dies(unsigned index) {
  if (!nodes_[index].dying) return false;
  if (nodes_[index].alive) kill(index);
  return true;
}

void SimCluster::drain(unsigned index) {
  Node& node = nodes_[index];
  for (unsigned shard = 0; shard < node.shards.size(); ++shard) {
    node.shards[shard]->drain(now(index));
    pump(index, shard);
  }
}

bool SimCluster::drained(unsigned index) const {
  return std::all_of(nodes_[index].shards.begin(), nodes_[index].shards.end(),
                     [](const std::unique_ptr<Shard>& shard) { return shard->drained(); });
}

void SimCluster::pause(unsigned index) { nodes_[index].paused = true; }

void SimCluster::resume(unsigned index) {
  nodes_[index].paused = false;
  for (auto& event : std::exchange(nodes_[index].deferred, {})) event();
}

// ---- Doing what a shard wants done ----

void SimCluster::pump(unsigned index, unsigned shard_index) {
  if (dies(index)) return;
  Node& node = nodes_[index];
  Shard& shard = *node.shards[shard_index];
  Effects& effects = shard.effects();
  to_clients_ = 0;
  while (!effects.dirty.empty() || !effects.dials.empty()) {
    for (const Dial& wanted : std::exchange(effects.dials, {})) dial(index, shard_index, wanted);
    for (const StreamId id : effects.dirty.take()) flush(index, shard_index, id);
    if (dies(index)) return;
  }
  if (std::exchange(effects.again, false)) {
    const std::uint64_t life = node.life;
    at(now_ms_, [=, this] {
      on_node(index, life, [=, this] {
        nodes_[index].shards[shard_index]->go_on(now(index));
        pump(index, shard_index);
      });
    });
  }
  shard.take_batches();
  for (auto& [sibling, batch] : std::exchange(effects.batches, {})) {
    auto bytes = std::make_shared<Bytes>(std::move(batch));
    mix(hash64(bytes->view(), sibling));
    most_in_a_turn_ = std::max(most_in_a_turn_, bytes->size());
    const unsigned to = sibling;
    const std::uint64_t life = node.life;
    at(now_ms_, [=, this] {
      on_node(index, life, [=, this] {
        nodes_[index].shards[to]->from_sibling(shard_index, bytes->view(), now(index));
        pump(index, to);
      });
    });
  }
  work_disk(index, shard_index, effects);
  for (const Note& note : std::exchange(effects.notes, {})) {
    mix(hash64(note.text));
    notes_.push_back("n" + std::to_string(index + 1) + ": " + note.text);
  }
}

// ---- Clients ----

SimCluster::ClientIndex SimCluster::connect(unsigned index, bool of_this_host) {
  Node& node = nodes_[index];
  const unsigned shard = node.next_client_shard++ % options_.shards;
  auto wire = std::make_shared<Wire>();
  wire->ends[0] = {.is_client = true, .client = clients_.size()};
  wire->ends[1] = {.node = index, .shard = shard, .life = node.life};
  wire->ends[1].id =
      node.shards[shard]->client_opened({"10.0.1.1:1", "10.0.0.1:7600", of_this_host}, now(index));
  node.wires[shard][wire->ends[1].id] = {wire, 1};
  clients_.push_back({wire, {}, false});
  return clients_.size() - 1;
}

void SimCluster::send(ClientIndex client, std::string_view bytes) {
  transmit(clients_[client].wire, 1, std::string(bytes));
}

std::vector<resp::Value> SimCluster::take_replies(ClientIndex index) {
  Client& client = clients_[index];
  std::vector<resp::Value> replies;
  while (true) {
    const auto length = resp::value_length(client.received);
    LIMPET_ASSERT(length.has_value());
    if (!*length) return replies;
    auto value = resp::read_value(std::string_view(client.received).substr(0, **length));
    LIMPET_ASSERT(value.has_value());
    replies.push_back(std::move(*value));
    client.received.erase(0, **length);
  }
}

bool SimCluster::closed(ClientIndex client) const { return clients_[client].closed; }

std::optional<resp::Value> SimCluster::ask_for(ClientIndex client, std::string_view line,
                                               std::int64_t wait_ms) {
  send(client, std::string(line) + "\r\n");
  std::vector<resp::Value> replies;
  run_until(
      [&] {
        if (replies.empty()) replies = take_replies(client);
        return !replies.empty();
      },
      wait_ms);
  if (replies.empty()) return std::nullopt;
  return std::move(replies.front());
}

std::string SimCluster::ask(ClientIndex client, std::string_view line, std::int64_t wait_ms) {
  const auto value = ask_for(client, line, wait_ms);
  if (!value) return "(no reply)";
  if (value->type == resp::Value::Type::integer) return std::to_string(value->integer);
  if (value->type == resp::Value::Type::null) return "(null)";
  return value->text;
}

SimCluster::ClientIndex SimCluster::connect_to_peer_port(unsigned index) {
  Node& node = nodes_[index];
  auto wire = std::make_shared<Wire>();
  const std::size_t client = clients_.size();
  wire->ends[0] = {.is_client = true, .client = client};
  wire->ends[1] = {.node = index, .shard = 0, .life = node.life};
  wire->ends[1].id = node.shards[0]->peer_opened("10.9.9.9:1", now(index));
  node.wires[0][wire->ends[1].id] = {wire, 1};
  clients_.push_back({wire, {}, false});
  pump(index, 0);
  return client;
}

std::pair<std::string, bool> SimCluster::poke_peer(unsigned index, std::string_view bytes) {
  const ClientIndex client = connect_to_peer_port(index);
  transmit(clients_[client].wire, 1, std::string(bytes));
  run_until([&] { return clients_[client].closed; }, 5000);
  return {clients_[client].received, clients_[client].closed};
}

// ---- Looking ----

unsigned SimCluster::owner_of(std::string_view key) const {
  const cluster::View& view = *nodes_[0].view;
  const std::string& name = view.nodes[view.owner(slot_of(key))].name;
  return static_cast<unsigned>(std::stoul(name.substr(1)) - 1);
}

std::string SimCluster::key_of(unsigned node, unsigned n) const {
  for (unsigned i = 0;; ++i) {
    std::string key = "k" + std::to_string(i);
    if (owner_of(key) == node && n-- == 0) return key;
  }
}

bool SimCluster::settled() const {
  std::uint64_t slots = 0;
  for (unsigned node = 0; node < nodes_.size(); ++node) {
    const HandoffStats handoff = stats(node).handoff;
    if (handoff.to_give + handoff.giving + handoff.receiving + handoff.unheld > 0) return false;
    slots += handoff.slots;
  }
  return slots == kSlots;
}

bool SimCluster::settle(std::int64_t ms_max) {
  return eventually([this] { return settled(); }, ms_max);
}

replica::CopiesCount SimCluster::copies(unsigned node) const {
  replica::CopiesCount sum;
  for (const auto& shard : nodes_[node].shards) sum.add(shard->copies());
  return sum;
}

ShardStats SimCluster::stats(unsigned node) const {
  ShardStats all;
  for (const auto& shard : nodes_[node].shards) all.add(shard->stats());
  return all;
}

}  // namespace limpet::shard
