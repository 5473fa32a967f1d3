#include "small_node.hpp"

#include <algorithm>

#include "fuzz.hpp"

namespace limpet::fuzz {

namespace {
constexpr std::int64_t kTicksMax = 60;
}

SmallNode::SmallNode(Options options) : options_(std::move(options)) {
  for (unsigned index = 0; index < options_.shards; ++index) {
    shard::ShardConfig config;
    config.view = std::make_shared<const cluster::View>(options_.view);
    config.shards = options_.shards;
    config.index = index;
    config.version = "fuzz";
    config.started_ms = now_.steady_ms;
    config.table_seed = 7;
    config.random_seed = index;
    shards_.push_back(std::make_unique<shard::Shard>(config, shard::ShardTunables{}, now_));
  }
}

// ---- Streams ----

SmallNode::Stream SmallNode::open_client(const std::string& address) {
  const unsigned index = next_shard();
  const Stream stream{index, shards_[index]->client_opened({address, "127.0.0.1:7379"}, now_)};
  wires_[stream] = {};
  settle();
  return stream;
}

SmallNode::Stream SmallNode::open_peer(const std::string& address) {
  const unsigned index = next_shard();
  const Stream stream{index, shards_[index]->peer_opened(address, now_)};
  wires_[stream] = {};
  settle();
  return stream;
}

void SmallNode::send(const Stream& stream, std::string_view bytes) {
  if (!is_open(stream)) return;
  const Exact copy(bytes);
  shards_[stream.first]->received(stream.second, copy.view(), now_);
  settle();
}

bool SmallNode::is_open(const Stream& stream) const {
  const auto found = wires_.find(stream);
  return found != wires_.end() && found->second.open;
}

void SmallNode::hang_up(const Stream& stream) {
  if (is_open(stream)) shards_[stream.first]->closed(stream.second, "end of file", now_);
  wires_.erase(stream);
  settle();
}

// ---- Time ----

void SmallNode::pass(std::int64_t ms) {
  const std::int64_t step = std::max(kTickMs, ms / kTicksMax + 1);
  for (std::int64_t left = ms; left > 0; left -= step) {
    const std::int64_t passed = std::min(left, step);
    now_.steady_ms += passed;
    now_.unix_ms += passed;
    for (const auto& shard : shards_) shard->tick(now_);
    settle();
  }
}

reports::ShardStats SmallNode::stats() const {
  reports::ShardStats all;
  for (const auto& shard : shards_) all.add(shard->stats());
  return all;
}

// ---- Doing what the shards want done, until they want nothing more ----

void SmallNode::settle() {
  bool busy = true;
  while (busy) {
    busy = false;
    for (unsigned index = 0; index < shards_.size(); ++index) busy = work(index) || busy;
  }
}

bool SmallNode::work(unsigned index) {
  shard::Shard& shard = *shards_[index];
  shard::Effects& effects = shard.effects();
  shard.take_batches();
  const auto dials = std::exchange(effects.dials, {});
  const auto touched = effects.dirty.take();
  const auto batches = std::exchange(effects.batches, {});
  const bool again = std::exchange(effects.again, false);
  effects.notes.clear();
  for (const shard::Dial& dial : dials) answer_dial(index, dial.stream);
  for (const StreamId id : touched) flush(index, id);
  for (const auto& [sibling, batch] : batches) shards_[sibling]->from_sibling(index, batch.view(), now_);
  if (again) shard.go_on(now_);
  return !dials.empty() || !touched.empty() || !batches.empty() || again;
}

void SmallNode::answer_dial(unsigned index, StreamId id) {
  if (!options_.others_answer) return shards_[index]->closed(id, "connection refused", now_);
  wires_[{index, id}] = {};
  dialled_.emplace_back(index, id);
  shards_[index]->connected(id, now_);
}

void SmallNode::flush(unsigned index, StreamId id) {
  shard::Shard& shard = *shards_[index];
  limpet::Stream* stream = shard.stream(id);
  if (stream == nullptr) return;
  stream->dirty = false;
  Wire& wire = wires_[{index, id}];
  while (stream != nullptr && !stream->aborted && !stream->out.empty()) {
    const std::size_t length = stream->out.size();
    wire.received.append(stream->out.view());
    shard.written(id, length, now_);
    stream = shard.stream(id);
  }
  if (stream == nullptr || !(stream->aborted || stream->finished)) return;
  wire.open = false;
  shard.closed(id, "closed by this node", now_);
}

}  // namespace limpet::fuzz
