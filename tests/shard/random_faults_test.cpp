// Clients that count, on a cluster whose links break, stall and come back, by seed.
//
// What has to hold in every run:
//   - each command gets one reply, in its turn, within the forward time-out and some slack
//   - a counter is never below what was acknowledged and never above that plus what is in doubt: nothing
//   acknowledged is
//     lost, nothing is executed twice, and an error that says "it did not happen" is true
//   - once the faults stop, every key is served again
#include <gtest/gtest.h>

#include <cstdlib>

#include "sim_cluster.hpp"

namespace limpet::shard {
namespace {

struct Counting {
  SimCluster::ClientIndex client = 0;
  unsigned node = 0;
  std::vector<std::size_t> sent = {};  // indexes of counters, in the order of the commands
  std::size_t answered = 0;
};

struct Counter {
  std::string key;
  std::int64_t acknowledged = 0;
  std::int64_t in_doubt = 0;
  std::int64_t highest = 0;
};

class World {
 public:
  explicit World(std::uint64_t seed) : cluster_({.nodes = 3, .shards = 2, .seed = seed, .delay_ms_max = 5}) {
    for (unsigned i = 0; i < 24; ++i) counters_.push_back({"{c" + std::to_string(i) + "}:n"});
    for (unsigned i = 0; i < 6; ++i) clients_.push_back({cluster_.connect(i % 3), i % 3});
  }

  void run() {
    for (int step = 0; step < 150; ++step) {
      fault();
      for (Counting& client : clients_) burst(client);
      cluster_.run_for(static_cast<std::int64_t>(cluster_.random(60)));
      for (Counting& client : clients_) collect(client);
    }
    heal();
    // Nothing hangs: the slowest answer is the forward time-out away, for each barrier once.
    cluster_.run_for(6000);
    for (Counting& client : clients_) {
      collect(client);
      EXPECT_EQ(client.answered, client.sent.size());
    }
    check();
  }
  [[nodiscard]] std::uint64_t trace() const { return cluster_.trace(); }
  [[nodiscard]] std::int64_t in_doubt() const {
    std::int64_t sum = 0;
    for (const Counter& counter : counters_) sum += counter.in_doubt;
    return sum;
  }
  [[nodiscard]] std::int64_t acknowledged() const {
    std::int64_t sum = 0;
    for (const Counter& counter : counters_) sum += counter.acknowledged;
    return sum;
  }
  std::int64_t refused = 0;

 private:
  void fault() {
    const auto a = static_cast<unsigned>(cluster_.random(3));
    const auto b = static_cast<unsigned>((a + 1 + cluster_.random(2)) % 3);
    switch (cluster_.random(12)) {
      case 0:
        cluster_.cut(a, b);
        break;
      case 1:
        cluster_.block(a, b, true);
        break;
      case 2:
      case 3:
        cluster_.block(a, b, false);
        break;
      case 4:
        if (!paused_) cluster_.pause(a);
        if (!paused_) paused_ = a + 1;
        break;
      case 5:
      case 6:
        if (paused_) cluster_.resume(paused_ - 1);
        paused_ = 0;
        break;
      case 7:
        cluster_.run_for(static_cast<std::int64_t>(cluster_.random(3000)));
        break;
      default:
        break;
    }
  }

  void heal() {
    if (paused_) cluster_.resume(paused_ - 1);
    paused_ = 0;
    for (const auto& [a, b] : {std::pair{0U, 1U}, {0U, 2U}, {1U, 2U}}) cluster_.block(a, b, false);
  }

  void burst(Counting& client) {
    if (client.sent.size() - client.answered > 200) return;
    std::string pipeline;
    for (std::uint64_t i = cluster_.random(8); i > 0; --i) {
      const auto which = static_cast<std::size_t>(cluster_.random(counters_.size()));
      client.sent.push_back(which);
      pipeline += "INCR " + counters_[which].key + "\r\n";
    }
    cluster_.send(client.client, pipeline);
  }

  void collect(Counting& client) {
    for (const resp::Value& reply : cluster_.take_replies(client.client)) {
      ASSERT_LT(client.answered, client.sent.size()) << "a reply that nothing was asked for";
      Counter& counter = counters_[client.sent[client.answered++]];
      if (reply.type == resp::Value::Type::integer) {
        ++counter.acknowledged;
        counter.highest = std::max(counter.highest, reply.integer);
      } else if (reply.text.rfind("INDOUBT", 0) == 0) {
        ++counter.in_doubt;
      } else {
        const bool did_not_happen =
            reply.text.rfind("CLUSTERDOWN", 0) == 0 || reply.text.rfind("TRYAGAIN", 0) == 0;
        EXPECT_TRUE(did_not_happen) << reply.text;
        ++refused;
      }
    }
  }

  void check() {
    for (unsigned node = 0; node < 3; ++node) {
      const auto client = cluster_.connect(node);
      for (const Counter& counter : counters_) {
        const std::string text = cluster_.ask(client, "GET " + counter.key);
        const std::int64_t value = text == "(null)" ? 0 : std::strtoll(text.c_str(), nullptr, 10);
        EXPECT_GE(value, counter.acknowledged) << counter.key << " lost what was acknowledged: " << text;
        EXPECT_LE(value, counter.acknowledged + counter.in_doubt)
            << counter.key << " counted twice: " << text;
        EXPECT_GE(value, counter.highest);
      }
    }
  }

  SimCluster cluster_;
  std::vector<Counter> counters_;
  std::vector<Counting> clients_;
  unsigned paused_ = 0;
};

// LIMPET_SIM_SEEDS and LIMPET_SIM_FIRST_SEED run more of them, or one again.
std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

TEST(RandomFaults, NothingAcknowledgedIsLostAndNothingHappensTwice) {
  const std::uint64_t first = setting("LIMPET_SIM_FIRST_SEED", 1);
  const std::uint64_t seeds = setting("LIMPET_SIM_SEEDS", 60);
  std::int64_t in_doubt = 0;
  std::int64_t refused = 0;
  std::int64_t acknowledged = 0;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed);
    world.run();
    in_doubt += world.in_doubt();
    refused += world.refused;
    acknowledged += world.acknowledged();
    if (HasFailure()) break;
  }
  // The faults are really there.
  if (seeds >= 20) {
    EXPECT_GT(in_doubt, 0);
    EXPECT_GT(refused, 0);
  }
  RecordProperty("acknowledged", std::to_string(acknowledged));
  std::printf("%llu seeds: %lld acknowledged, %lld in doubt, %lld refused\n",
              static_cast<unsigned long long>(seeds), static_cast<long long>(acknowledged),
              static_cast<long long>(in_doubt), static_cast<long long>(refused));
}

TEST(RandomFaults, ASeedReplaysExactly) {
  const auto trace = [](std::uint64_t seed) {
    World world(seed);
    world.run();
    return world.trace();
  };
  EXPECT_EQ(trace(3), trace(3));
  EXPECT_NE(trace(3), trace(4));
}

}  // namespace
}  // namespace limpet::shard
