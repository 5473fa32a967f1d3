// SmallNode: one node of a few real shards, driven in memory and at once: what is sent is worked off before
// send() returns, and time passes only when it is told to. Clients and other nodes are whoever calls.
#pragma once

#include <cstdint>
#include <limpet/cluster/view.hpp>
#include <limpet/shard/shard.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet::fuzz {

class SmallNode {
 public:
  using Stream = std::pair<unsigned, StreamId>;  // its shard, and its name there

  struct Options {
    cluster::View view;  // the node is the first of it
    unsigned shards = 1;
    bool others_answer = false;  // what the node dials is there; else every dial is refused
  };
  explicit SmallNode(Options options);
  SmallNode(const SmallNode&) = delete;
  SmallNode& operator=(const SmallNode&) = delete;

  // ---- Streams. Shards take turns. ----
  Stream open_client(const std::string& address);
  Stream open_peer(const std::string& address);
  // What the node has dialled since the last call.
  [[nodiscard]] std::vector<Stream> take_dialled() { return std::exchange(dialled_, {}); }

  void send(const Stream& stream, std::string_view bytes);
  // What was written to the stream since the last call.
  [[nodiscard]] std::string take(const Stream& stream) { return std::exchange(wires_[stream].received, {}); }
  // False once the node has closed it.
  [[nodiscard]] bool is_open(const Stream& stream) const;
  void hang_up(const Stream& stream);

  // ---- Time ----
  // Lets time pass, with the ticks that belong to it, or fewer where those would be very many.
  void pass(std::int64_t ms);
  [[nodiscard]] Now now() const { return now_; }

  [[nodiscard]] reports::ShardStats stats() const;

 private:
  struct Wire {
    std::string received;
    bool open = true;
  };

  unsigned next_shard() { return turns_++ % static_cast<unsigned>(shards_.size()); }
  void settle();
  bool work(unsigned shard);
  void answer_dial(unsigned shard, StreamId id);
  void flush(unsigned shard, StreamId id);

  Options options_;
  Now now_{1, 1'700'000'000'000};
  std::vector<std::unique_ptr<shard::Shard>> shards_;
  std::map<Stream, Wire> wires_;
  std::vector<Stream> dialled_;
  unsigned turns_ = 0;
};

}  // namespace limpet::fuzz
