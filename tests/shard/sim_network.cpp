// The network of a simulated cluster: connections whose bytes come in order, in pieces and late, or end with
// some of them lost.
#include <algorithm>
#include <limpet/base/hash.hpp>
#include <utility>

#include "sim_cluster.hpp"

namespace limpet::shard {

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
      if (std::exchange(wire->held_bytes[end], 0) < options_.socket_bytes) continue;
      const End& sender = wire->ends[1 - end];
      on_node(sender.node, sender.life, [this, sender] {
        flush(sender.node, sender.shard, sender.id);
        pump(sender.node, sender.shard);
      });
    }
  }
}

void SimCluster::make_late(unsigned from, unsigned to, std::int64_t ms) { late_[{from, to}] = ms; }

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
  const auto slow = between_nodes ? late_.find({wire->ends[0].node, wire->ends[1].node}) : late_.end();
  const std::int64_t late = slow == late_.end() ? 0 : slow->second;
  for (std::size_t from = 0; from < bytes.size();) {
    const std::size_t length =
        std::min<std::size_t>(1 + random(options_.piece_bytes_max), bytes.size() - from);
    const auto delay =
        static_cast<std::int64_t>(random(static_cast<std::uint64_t>(options_.delay_ms_max) + 1));
    wire->arrives_ms[to] = std::max(wire->arrives_ms[to], now_ms_ + delay + late);
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
        dialler.closed(wanted.stream, kNobodyListens, now(from));
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
  stream->dirty = false;
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
    if (is_blocked(*wire, 1 - end)) {
      if (wire->held_bytes[1 - end] >= options_.socket_bytes) return;
      wire->held_bytes[1 - end] += bytes.size();
    }
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

}  // namespace limpet::shard
