// World: one seed's story. Clients write and read sessions of a node on a simulated disk, the node crashes,
// starts again from what the disk has, and all goes on, for some generations.
//
// After each crash:
//   - a node starts: a mere crash is no damage
//   - each session is as one version of it was: none older than what was promised for good, which is what a
//     reply has shown, or, if the power failed under *interval*, what one had shown when the last whole sync
//     began
//   - of what a client changed on one shard nothing is there without what it had changed before
//   - there are no keys but these
#pragma once

#include <deque>
#include <limpet/cluster/view.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "session.hpp"
#include "sim_node.hpp"

namespace limpet::crash {

class World {
 public:
  struct Counts {
    std::uint64_t commands = 0;
    std::uint64_t reads = 0;
    std::uint64_t kills = 0;
    std::uint64_t power_failures = 0;
    std::uint64_t stops = 0;
    std::uint64_t crashes_at_start = 0;
    std::uint64_t snapshots = 0;   // that replaced everything before
    std::uint64_t lost = 0;        // versions that were sent, but not promised
    std::uint64_t lost_shown = 0;  // and of those, ones that interval lets go
    std::uint64_t cut_off = 0;     // findings
  };

  explicit World(std::uint64_t seed);

  // All generations. Afterwards failure() says what did not hold, and is empty if all did.
  void run();
  [[nodiscard]] const std::string& failure() const { return failure_; }
  [[nodiscard]] const Counts& counts() const { return counts_; }
  [[nodiscard]] std::string describe() const;

  // ---- Part by part, for tests of their own. ----
  void start_and_work(std::uint64_t steps_max);
  [[nodiscard]] bool serving() const { return node_->serving(); }
  // As a node that is told to. REQUIRES: serving().
  void stop();
  [[nodiscard]] SimDisk& disk() { return disk_; }
  [[nodiscard]] Dice& dice() { return dice_; }

 private:
  // What a reply is to be.
  struct Awaited {
    std::vector<std::pair<std::size_t, std::size_t>> writes = {};  // session, version
    std::optional<std::size_t> read = {};                          // session
    char key = 0;
    std::size_t from = 0;  // the oldest version that a read may show
    bool exact = false;    // and no other
    std::string text = {};
  };
  struct Client {
    std::size_t connection = 0;
    std::deque<Awaited> awaited = {};
    std::string received = {};
    std::uint64_t commands = 0;
  };

  void fail(std::string what);
  void start();
  void crash();

  // ---- Commands ----
  void send_some();
  void send(std::size_t client, const std::string& text,
            const std::vector<std::pair<std::size_t, State>>& changes);
  void write(std::size_t client);
  void write_string(std::size_t client, std::size_t at);
  void write_hash(std::size_t client, std::size_t at);
  void write_any(std::size_t client, std::size_t at);
  void write_two(std::size_t client, std::size_t at, std::size_t other);
  void read(std::size_t client);
  [[nodiscard]] std::string value();
  void collect();
  void take_reply(const Awaited& awaited, const std::string& reply);

  // ---- After a crash ----
  void check();
  void check_session(SimNode& node, Session& session,
                     std::map<std::pair<std::size_t, unsigned>, OrderKept>& order);
  [[nodiscard]] State look(SimNode& node, const Session& session);
  [[nodiscard]] std::size_t promised(const Session& session) const;

  Dice dice_;
  SimDisk disk_;
  Now now_{1'000, 1'700'000'000'000};
  SimNode::Options options_;
  std::unique_ptr<SimNode> node_;
  bool power_failed_ = false;  // since the last time that a node served
  std::vector<Session> sessions_;
  std::vector<Client> clients_;
  std::uint64_t values_ = 0;
  Counts counts_;
  std::string failure_;
};

}  // namespace limpet::crash
