// SimCluster: a whole cluster of shards in one thread, on simulated time and network, by seed.
//
// The shards are the real ones; only what surrounds them is simulated. The network keeps the promises of TCP
// and no more: bytes come in order, cut into other pieces and late, or the connection ends with some of them
// lost. The same seed gives the same run.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <limpet/cluster/members.hpp>
#include <limpet/cluster/view.hpp>
#include <limpet/handoff/crash_point.hpp>
#include <limpet/resp/value.hpp>
#include <limpet/shard/shard.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim_disk.hpp"

namespace limpet::shard {

// The cluster file of `nodes` nodes n1, n2 ..., with lines added to the [cluster] table.
[[nodiscard]] std::string cluster_text(unsigned nodes, std::uint64_t epoch = 1);
// The same with only those that are listed, by number from 0.
[[nodiscard]] std::string cluster_text(const std::vector<bool>& listed, std::uint64_t epoch);

// What it says of one node.
struct FileNode {
  bool listed = true;
  std::string_view weight = "1.0";
  std::string_view state = "up";
};
[[nodiscard]] std::string cluster_text(const std::vector<FileNode>& nodes, std::uint64_t epoch);

class SimCluster {
 public:
  struct Options {
    unsigned nodes = 3;
    unsigned shards = 2;
    std::uint64_t seed = 1;
    std::int64_t delay_ms_max = 3;        // of a piece on its way between nodes
    std::size_t piece_bytes_max = 4096;   // pieces are cut at random up to this
    std::vector<std::string> files = {};  // one for each node; empty: all have the same
    std::vector<Secrets> secrets = {};    // one for each node; empty: none
    Secrets password = {};
    std::int64_t forward_timeout_ms = 2000;
    std::size_t client_bytes_max = 0;
    // What a blocked way between nodes takes before a sender has to keep the rest.
    std::size_t socket_bytes = ~std::size_t{0};
    std::uint64_t handover_rate = 0;  // of a shard
    bool moves = false;               // slots change hands; without it they are where the files place them
    // Slots may be followed, and where the file says nothing of it, so many are. REQUIRES: moves and journal.
    std::optional<cluster::CopiesPolicy> copies = {};
    bool journal = false;    // what was acknowledged is on the disk, and is there after a crash
    unsigned started = ~0U;  // only so many nodes are started at first
  };

  explicit SimCluster(Options options);
  ~SimCluster();

  // ---- Clients ----
  using ClientIndex = std::size_t;
  ClientIndex connect(unsigned node, bool of_this_host = true);
  void send(ClientIndex client, std::string_view bytes);
  // The replies that have come since the last call.
  std::vector<resp::Value> take_replies(ClientIndex client);
  [[nodiscard]] bool closed(ClientIndex client) const;
  void hang_up(ClientIndex client) { hang_up(clients_[client].wire, 0); }
  // Sends a command of one line and waits for its reply.
  std::optional<resp::Value> ask_for(ClientIndex client, std::string_view line, std::int64_t wait_ms = 5000);
  std::string ask(ClientIndex client, std::string_view line, std::int64_t wait_ms = 5000);
  // A raw connection to a node's peer port, which is to be looked at like a client's.
  ClientIndex connect_to_peer_port(unsigned node);
  // The same; returns what came back, and whether it was closed.
  std::pair<std::string, bool> poke_peer(unsigned node, std::string_view bytes);

  // ---- Time ----
  void run_for(std::int64_t ms);
  bool run_until(const std::function<bool()>& done, std::int64_t ms_max);
  // The same, but it looks every 50 ms alone: for what takes long to see.
  bool eventually(const std::function<bool()>& done, std::int64_t ms_max);
  [[nodiscard]] std::int64_t now_ms() const { return now_ms_; }
  [[nodiscard]] std::uint64_t random(std::uint64_t below);

  // ---- Faults ----
  void kill(unsigned node);
  void start(unsigned node);
  // The same file that this node reads from now on, at a reload or its next start.
  void write_file(unsigned node, std::string text);
  // False: it is refused.
  bool reload(unsigned node);
  // The secrets that its file holds from now on, read again by a running node.
  void set_secrets(unsigned node, Secrets secrets);
  void leave(unsigned node, bool leaving = true);  // declares that it leaves, or no longer
  void drain(unsigned node);  // told to stop; it goes on until drained() and somebody kills it
  [[nodiscard]] bool drained(unsigned node) const;
  void pause(unsigned node);  // it stands still, as under SIGSTOP
  void resume(unsigned node);
  void cut(unsigned a, unsigned b);  // all connections between them end, bytes on the way are lost
  void block(unsigned a, unsigned b, bool blocked);  // nothing gets through, silently; what is sent waits
  void block_way(unsigned from, unsigned to, bool blocked);  // the same in one direction
  // What is sent over the connections that one has dialled to the other takes so much longer, both ways;
  // those that the other has dialled are as fast as ever.
  void make_late(unsigned from, unsigned to, std::int64_t ms);
  // The disk of a running node takes no more titles; what was being written may be there or not.
  void fail_titles(unsigned node) { nodes_[node].titles_fail = true; }
  // Its disk has no room: nothing of what is to be written gets there until it has some again.
  void fill_disk(unsigned node, bool full);
  // Each title takes it so much longer.
  void slow_titles(unsigned node, std::int64_t ms) { nodes_[node].titles_delay_ms = ms; }
  // It is killed when it gets to this moment of a hand-over for the `time`-th time from now on. What it was
  // about to send in that turn has not left.
  void kill_at(unsigned node, const handoff::CrashPoint& moment, unsigned time);
  void spare(unsigned node) { nodes_[node].last_moment = nullptr; }  // it is not
  // From its next start on: does it keep a journal? None of an earlier start is read without.
  void keep_journal(unsigned node, bool keeps) { nodes_[node].keeps_journal = keeps; }
  // Its clock is that far ahead of the right time from now on; steady time goes on as before.
  void set_clock(unsigned node, std::int64_t ahead_ms) { nodes_[node].clock_ms = ahead_ms; }

  // ---- Looking ----
  [[nodiscard]] unsigned owner_of(std::string_view key) const;        // by the file of node 0
  [[nodiscard]] std::string key_of(unsigned node, unsigned n) const;  // the n-th key that this node owns
  [[nodiscard]] ShardStats stats(unsigned node) const;
  // Of the slots that the node owns.
  [[nodiscard]] replica::CopiesCount copies(unsigned node) const;
  [[nodiscard]] bool alive(unsigned node) const { return nodes_[node].alive; }
  [[nodiscard]] const SimDisk& disk(unsigned node) const { return nodes_[node].disk; }
  [[nodiscard]] bool keeps_journal(unsigned node) const { return nodes_[node].keeps_journal; }
  // Its disk is what it was once. REQUIRES: it is not running.
  void put_back(unsigned node, SimDisk past) { nodes_[node].disk = std::move(past); }
  // Nothing is to be moved by the file of node 0, and nothing is.
  [[nodiscard]] bool settled() const;
  bool settle(std::int64_t ms_max = 60'000);  // runs until it is so
  // A digest of what shards have sent to anybody, written to the disk and noted in the log.
  [[nodiscard]] std::uint64_t trace() const { return trace_; }
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }
  [[nodiscard]] std::uint64_t peer_bytes() const { return peer_bytes_; }
  // The most that left a shard in one turn, for a sibling or over one connection between nodes.
  [[nodiscard]] std::size_t most_in_a_turn() const { return most_in_a_turn_; }
  // The same of bytes to all clients of a shard.
  [[nodiscard]] std::size_t most_to_clients() const { return most_to_clients_; }

 private:
  [[nodiscard]] ShardTunables tunables_of(unsigned node) const;

  struct End {
    bool is_client = false;
    std::size_t client = 0;
    unsigned node = 0;
    unsigned shard = 0;
    std::uint64_t life = 0;
    StreamId id{};
  };
  struct Wire {
    End ends[2];
    bool open = true;
    std::int64_t arrives_ms[2] = {0, 0};         // of the last piece towards that end
    std::deque<std::string> unread[2];           // arrived, but that end does not read now
    std::vector<std::function<void()>> held[2];  // while the way to that end is blocked
    std::size_t held_bytes[2] = {0, 0};
  };
  using WirePtr = std::shared_ptr<Wire>;
  struct Node {
    std::string file;
    std::shared_ptr<const cluster::View> view;
    cluster::Members members;
    std::shared_ptr<Founding> founding;
    std::shared_ptr<Company> company;
    SimDisk disk;
    std::vector<std::unique_ptr<Shard>> shards;
    std::vector<std::map<StreamId, std::pair<WirePtr, int>>> wires;  // by shard: stream -> wire and its end
    std::uint64_t life = 0;
    bool alive = false;
    bool paused = false;
    std::vector<std::function<void()>> deferred;
    bool keeps_journal = true;                         // where journals are kept
    bool full = false;                                 // its disk
    std::int64_t titles_delay_ms = 0;                  // of each, beside what they take anyway
    std::vector<bool> unsynced;                        // by shard: a sync waits for room
    const handoff::CrashPoint* last_moment = nullptr;  // it is killed there
    unsigned moments_left = 0;
    bool dying = false;          // it has got there
    bool titles_fail = false;    // the next write of titles will
    bool titles_failed = false;  // one has
    std::int64_t clock_ms = 0;   // its clock is so far ahead
    std::int64_t since_ms = 0;   // its steady clock began so long before
    unsigned next_peer_shard = 0;
    unsigned next_client_shard = 0;
  };
  struct Client {
    WirePtr wire;
    std::string received;
    bool closed = false;
  };

  // By the clocks of this node.
  [[nodiscard]] Now now(unsigned node) const {
    return {now_ms_ + nodes_[node].since_ms, 1'700'000'000'000 + now_ms_ + nodes_[node].clock_ms};
  }
  void at(std::int64_t ms, std::function<void()> event);
  // Runs `event` for a node if it still lives that life; later, if it is paused.
  void on_node(unsigned node, std::uint64_t life, std::function<void()> event);
  void tick(unsigned node, unsigned shard, std::uint64_t life);
  [[nodiscard]] cluster::View file_of(unsigned node) const;
  bool read_file(unsigned node);
  void show_view(unsigned node);
  void show_to_shards(unsigned node, std::int64_t delay_ms_max);
  void load(unsigned node, unsigned shard);
  [[nodiscard]] std::shared_ptr<const Boots> boots_of(unsigned node);
  void work_disk(unsigned node, unsigned shard, Effects& effects);
  void sync(unsigned node, unsigned shard);
  void write_titles(unsigned node, unsigned shard, const std::vector<TitleWrite>& titles);
  void pass(unsigned node, handoff::Step step, handoff::Kind kind);
  // True: it has come to its last moment, and is no more.
  bool dies(unsigned node);
  void pump(unsigned node, unsigned shard);
  void dial(unsigned node, unsigned shard, const Dial& dial);
  void flush(unsigned node, unsigned shard, StreamId id);
  void transmit(const WirePtr& wire, int to, std::string bytes);
  void deliver(const WirePtr& wire, int to, std::string bytes);
  void hang_up(const WirePtr& wire, int by);
  void drop(const WirePtr& wire, int end, std::string_view reason);
  [[nodiscard]] bool is_blocked(const Wire& wire, int to) const;
  void mix(std::uint64_t value);

  Options options_;
  std::uint64_t random_state_;
  std::int64_t now_ms_ = 0;
  std::uint64_t sequence_ = 0;
  std::map<std::pair<std::int64_t, std::uint64_t>, std::function<void()>> events_;
  std::vector<Node> nodes_;
  std::vector<Client> clients_;
  std::set<std::pair<unsigned, unsigned>> blocked_;
  std::map<std::pair<unsigned, unsigned>, std::int64_t> late_;
  std::vector<WirePtr> node_wires_;
  std::vector<std::string> notes_;
  std::uint64_t trace_ = 0;
  std::uint64_t peer_bytes_ = 0;
  std::size_t most_in_a_turn_ = 0;
  std::size_t to_clients_ = 0;  // in this turn
  std::size_t most_to_clients_ = 0;
};

}  // namespace limpet::shard
