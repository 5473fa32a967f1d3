// Crowd: clients of a simulated cluster that send pipelines, and learn of each command what became of it.
//
// A connection that ends is made anew, at the next node that runs; what it was not told stays in doubt.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sim_cluster.hpp"

namespace limpet::shard {

// What RENAME answers where nothing is.
inline constexpr char kNoSuchKey[] = "ERR no such key";

enum class Fate : std::uint8_t {
  done,      // it has a reply
  refused,   // it did not happen
  in_doubt,  // it may have happened, or may happen still
};

// As operations are recorded (linearizable.hpp); the elements of an array each with a comma behind it.
[[nodiscard]] std::string text_of(const resp::Value& reply);

class Crowd {
 public:
  // `reply`: what came, or null.
  using Told = std::function<void(Fate fate, const resp::Value* reply)>;

  // `refusals`: how errors may begin that say that nothing has happened.
  // `answers`: errors that answer a command as any other reply does.
  Crowd(SimCluster& cluster, std::vector<std::string_view> refusals,
        std::vector<std::string_view> answers = {});

  void add_client(unsigned node);
  [[nodiscard]] std::size_t size() const { return clients_.size(); }
  // It waits for no more than it can be expected to.
  [[nodiscard]] bool may_send(std::size_t client) const;
  [[nodiscard]] bool idle(std::size_t client) const { return clients_[client].waiting.empty(); }
  // Sends `line` with what else is said before flush().
  void say(std::size_t client, std::string_view line, Told told);
  void flush(std::size_t client);
  void collect();  // the replies that have come
  void reconnect(unsigned nodes);
  void expect_all_answered() const;

  std::int64_t acknowledged = 0;
  std::int64_t in_doubt = 0;
  std::int64_t refused = 0;

 private:
  struct Client {
    SimCluster::ClientIndex client = 0;
    unsigned node = 0;
    std::string pipeline = {};
    std::deque<Told> waiting = {};
  };

  [[nodiscard]] Fate fate_of(const resp::Value& reply);
  void take(Client& client, const resp::Value& reply);

  SimCluster& cluster_;
  const std::vector<std::string_view> refusals_;
  const std::vector<std::string_view> answers_;
  std::vector<Client> clients_;
};

}  // namespace limpet::shard
