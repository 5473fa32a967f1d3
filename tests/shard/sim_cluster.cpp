#include "sim_cluster.hpp"

#include <algorithm>
#include <limpet/base/assert.hpp>
#include <limpet/base/hash.hpp>
#include <utility>

namespace limpet::shard {

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

void SimCluster::start(unsigned index) {
  Node& node = nodes_[index];
  LIMPET_ASSERT(!node.alive);
  if (!read_file(index)) return;
  node.alive = true;
  node.paused = false;
  node.titles_fail = node.titles_failed = false;
  ++node.life;
  node.since_ms = static_cast<std::int64_t>((index + 1) * node.life) * 10'000'019;  // since that host began
  node.shards.clear();
  node.wires.assign(options_.shards, {});
  std::shared_ptr<const std::vector<handoff::SlotTitle>> titles;
  if (options_.moves) {
    node.disk.boot();
    const handoff::TitleBook& book = node.disk.book;
    titles = std::make_shared<const std::vector<handoff::SlotTitle>>(book.titles());
    node.founding = std::make_shared<Founding>(book.founded(), book.fresh());
    node.founding->propose(Founding::id_of(node.view->placement_digest));
  }
  for (unsigned shard = 0; shard < options_.shards; ++shard) {
    ShardConfig config;
    config.view = node.view;
    if (options_.moves) config.handoff = {node.disk.book.boot(), titles, node.founding};
    if (options_.journal) {
      config.journal = node.disk.begin_stream(options_.shards, shard, random(~std::uint64_t{0}));
      config.loads = true;
    }
    config.self = *node.view->find("n" + std::to_string(index + 1));
    config.shards = options_.shards;
    config.index = shard;
    config.version = "sim";
    config.secret = options_.secrets.empty() ? "" : options_.secrets[index];
    config.table_seed = 7;
    config.random_seed = random(~std::uint64_t{0});
    ShardTunables tunables;
    tunables.password = options_.password;
    tunables.forward_timeout_ms = options_.forward_timeout_ms;
    tunables.handover_rate = options_.handover_rate;
    tunables.client_bytes_max = options_.client_bytes_max;
    node.shards.push_back(std::make_unique<Shard>(config, tunables, now(index)));
    tick(index, shard, node.life);
    if (options_.journal) load(index, shard);
  }
}

void SimCluster::kill(unsigned index) {
  Node& node = nodes_[index];
  if (node.alive) node.disk.crash([this](std::uint64_t below) { return random(below); });
  node.alive = false;
  node.deferred.clear();
  std::vector<std::pair<WirePtr, int>> open;
  for (auto& wires : node.wires) {
    for (auto& [id, wire] : wires) open.push_back(wire);
  }
  node.wires.assign(options_.shards, {});
  node.shards.clear();
  for (auto& [wire, end] : open) hang_up(wire, end);
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

// ---- Wires ----

bool SimCluster::is_blocked(const Wire& wire, int to) const {
  if (wire.ends[0].is_client || wire.ends[1].is_client) return false;
  return blocked_.contains({wire.ends[1 - to].node, wire.ends[to].node});
}

void SimCluster::block(unsigned a, unsigned b, bool blocked) {
  block_way(a, b, blocked);
  block_way(b, a, blocked);
}

void SimCluster::block_way(unsigned from, unsigned to, bool blocked) {
  if (blocked) {
    blocked_.insert({from, to});
    return;
  }
  blocked_.erase({from, to});
  for (const WirePtr& wire : std::vector<WirePtr>(node_wires_)) {
    for (const int end : {0, 1}) {
      if (is_blocked(*wire, end)) continue;
      // At once: what is still on its way on the same wire comes behind it.
      for (auto& event : std::exchange(wire->held[end], {})) event();
    }
  }
}

void SimCluster::cut(unsigned a, unsigned b) {
  for (const WirePtr& wire : std::vector<WirePtr>(node_wires_)) {
    const auto [low, high] = std::minmax(wire->ends[0].node, wire->ends[1].node);
    if (!wire->open || std::make_pair(low, high) != std::make_pair(std::min(a, b), std::max(a, b))) continue;
    wire->open = false;
    drop(wire, 0, "connection reset");
    drop(wire, 1, "connection reset");
  }
}

void SimCluster::transmit(const WirePtr& wire, int to, std::string bytes) {
  const bool between_nodes = !wire->ends[0].is_client && !wire->ends[1].is_client;
  if (between_nodes) {
    peer_bytes_ += bytes.size();
    most_in_a_turn_ = std::max(most_in_a_turn_, bytes.size());
  } else if (wire->ends[to].is_client) {
    to_clients_ += bytes.size();
    most_to_clients_ = std::max(most_to_clients_, to_clients_);
  }
  for (std::size_t from = 0; from < bytes.size();) {
    const std::size_t length =
        std::min<std::size_t>(1 + random(options_.piece_bytes_max), bytes.size() - from);
    const auto delay =
        static_cast<std::int64_t>(random(static_cast<std::uint64_t>(options_.delay_ms_max) + 1));
    wire->arrives_ms[to] = std::max(wire->arrives_ms[to], now_ms_ + delay);
    at(wire->arrives_ms[to],
       [this, wire, to, piece = bytes.substr(from, length)] { deliver(wire, to, piece); });
    from += length;
  }
}

void SimCluster::deliver(const WirePtr& wire, int to, std::string bytes) {
  if (!wire->open) return;
  if (is_blocked(*wire, to)) {
    wire->held[to].push_back([this, wire, to, bytes = std::move(bytes)] { deliver(wire, to, bytes); });
    return;
  }
  const End& end = wire->ends[to];
  if (end.is_client) {
    clients_[end.client].received += bytes;
    return;
  }
  on_node(end.node, end.life, [this, wire, to, bytes = std::move(bytes)] {
    if (!wire->open) return;
    const End& here = wire->ends[to];
    Shard& shard = *nodes_[here.node].shards[here.shard];
    Stream* stream = shard.stream(here.id);
    if (stream == nullptr) return;
    if (!stream->reading || !wire->unread[to].empty()) {
      wire->unread[to].push_back(bytes);
      return;
    }
    mix(hash64(bytes));
    shard.received(here.id, bytes, now(here.node));
    pump(here.node, here.shard);
  });
}

// One end is gone; the other hears of it after all that was sent before.
void SimCluster::hang_up(const WirePtr& wire, int by) {
  const int other = 1 - by;
  wire->arrives_ms[other] = std::max(wire->arrives_ms[other], now_ms_) + 1;
  at(wire->arrives_ms[other], [this, wire, other] {
    if (!wire->open) return;
    wire->open = false;
    drop(wire, other, "end of file");
  });
}

void SimCluster::drop(const WirePtr& wire, int index, std::string_view reason) {
  const End end = wire->ends[index];
  if (end.is_client) {
    clients_[end.client].closed = true;
    return;
  }
  on_node(end.node, end.life, [this, end, reason = std::string(reason)] {
    nodes_[end.node].wires[end.shard].erase(end.id);
    nodes_[end.node].shards[end.shard]->closed(end.id, reason, now(end.node));
    pump(end.node, end.shard);
  });
}

// ---- Doing what a shard wants done ----

void SimCluster::pump(unsigned index, unsigned shard_index) {
  Node& node = nodes_[index];
  Shard& shard = *node.shards[shard_index];
  Effects& effects = shard.effects();
  to_clients_ = 0;
  while (!effects.touched.empty() || !effects.dials.empty()) {
    for (const Dial& wanted : std::exchange(effects.dials, {})) dial(index, shard_index, wanted);
    for (const StreamId id : std::exchange(effects.touched, {})) flush(index, shard_index, id);
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
    notes_.push_back("n" + std::to_string(index + 1) + ": " + note.text);
  }
}

void SimCluster::dial(unsigned from, unsigned shard, const Dial& wanted) {
  // A node's index in a view follows the file, a node here follows its name.
  const std::string& name = nodes_[from].view->nodes[wanted.node].name;
  const auto to = static_cast<unsigned>(std::stoul(name.substr(1)) - 1);
  const std::uint64_t life = nodes_[from].life;
  at(now_ms_ + 1 + static_cast<std::int64_t>(random(3)), [=, this] {
    on_node(from, life, [=, this] {
      Shard& dialler = *nodes_[from].shards[shard];
      if (dialler.stream(wanted.stream) == nullptr) return;
      // No answer; the link gives up by itself.
      if (blocked_.contains({from, to}) || blocked_.contains({to, from})) return;
      if (to >= nodes_.size() || !nodes_[to].alive) {
        dialler.closed(wanted.stream, "connection refused", now(from));
        pump(from, shard);
        return;
      }
      auto wire = std::make_shared<Wire>();
      Node& target = nodes_[to];
      const unsigned peer_shard = target.next_peer_shard++ % options_.shards;
      wire->ends[0] = {.node = from, .shard = shard, .life = life, .id = wanted.stream};
      wire->ends[1] = {.node = to, .shard = peer_shard, .life = target.life};
      node_wires_.push_back(wire);
      nodes_[from].wires[shard][wanted.stream] = {wire, 0};
      // A paused node's kernel still accepts; the node sees it later.
      on_node(to, target.life, [=, this] {
        Node& acceptor = nodes_[to];
        wire->ends[1].id =
            acceptor.shards[peer_shard]->peer_opened("10.0.0." + std::to_string(from + 1), now(to));
        acceptor.wires[peer_shard][wire->ends[1].id] = {wire, 1};
        pump(to, peer_shard);
      });
      dialler.connected(wanted.stream, now(from));
      pump(from, shard);
    });
  });
}

void SimCluster::flush(unsigned index, unsigned shard_index, StreamId id) {
  Node& node = nodes_[index];
  Shard& shard = *node.shards[shard_index];
  Stream* stream = shard.stream(id);
  if (stream == nullptr) return;
  stream->touched = false;
  const auto found = node.wires[shard_index].find(id);
  if (found == node.wires[shard_index].end()) {
    if (stream->aborted) shard.closed(id, "timed out", now(index));
    return;
  }
  const auto [wire, end] = found->second;
  if (stream->aborted) {
    node.wires[shard_index].erase(id);
    shard.closed(id, "aborted by this node", now(index));
    hang_up(wire, end);
    return;
  }
  while (stream != nullptr && !stream->out.empty() && !stream->held) {
    std::string bytes(stream->out.view());
    mix(hash64(bytes));
    transmit(wire, 1 - end, bytes);
    shard.written(id, bytes.size(), now(index));
    stream = shard.stream(id);
  }
  if (stream == nullptr) return;
  if (stream->finished) {
    node.wires[shard_index].erase(id);
    shard.closed(id, "closed by this node", now(index));
    hang_up(wire, end);
    return;
  }
  if (stream->reading && !wire->unread[end].empty()) {
    std::string bytes = std::move(wire->unread[end].front());
    wire->unread[end].pop_front();
    shard.received(id, bytes, now(index));
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
  std::uint64_t moving = 0;
  for (unsigned node = 0; node < nodes_.size(); ++node) {
    const HandoffStats handoff = stats(node).handoff;
    slots += handoff.slots;
    moving += handoff.to_give + handoff.giving + handoff.receiving + handoff.unheld;
  }
  return slots == kSlots && moving == 0;
}

bool SimCluster::settle(std::int64_t ms_max) {
  constexpr std::int64_t kLookEveryMs = 50;
  for (const std::int64_t end = now_ms_ + ms_max; now_ms_ < end; run_for(kLookEveryMs)) {
    if (settled()) return true;
  }
  return settled();
}

ShardStats SimCluster::stats(unsigned node) const {
  ShardStats all;
  for (const auto& shard : nodes_[node].shards) all.add(shard->stats());
  return all;
}

}  // namespace limpet::shard
