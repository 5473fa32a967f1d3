#include "counting.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace limpet::shard {

namespace {
constexpr std::size_t kUnderWayMax = 200;  // commands of one client
}

Counting::Counting(SimCluster& cluster, unsigned counters, std::vector<std::string_view> refusals)
    : cluster_(cluster), refusals_(std::move(refusals)) {
  for (unsigned i = 0; i < counters; ++i) counters_.push_back({"{c" + std::to_string(i) + "}:n"});
}

void Counting::add_client(unsigned node) { clients_.push_back({cluster_.connect(node), node}); }

void Counting::send_some() {
  for (Client& client : clients_) {
    if (client.sent.size() - client.answered > kUnderWayMax) continue;
    std::string pipeline;
    for (std::uint64_t i = cluster_.random(8); i > 0; --i) {
      const auto which = static_cast<std::size_t>(cluster_.random(counters_.size()));
      client.sent.push_back(which);
      pipeline += "INCR " + counters_[which].key + "\r\n";
    }
    cluster_.send(client.client, pipeline);
  }
}

void Counting::collect() {
  for (Client& client : clients_) {
    for (const resp::Value& reply : cluster_.take_replies(client.client)) {
      ASSERT_LT(client.answered, client.sent.size()) << "a reply that nothing was asked for";
      take(client, reply);
    }
  }
}

void Counting::take(Client& client, const resp::Value& reply) {
  const std::size_t which = client.sent[client.answered++];
  Counter& counter = counters_[which];
  if (reply.type == resp::Value::Type::integer) {
    ++counter.acknowledged;
    ++acknowledged;
    counter.highest = std::max(counter.highest, reply.integer);
    const std::int64_t last = std::exchange(client.last[which], reply.integer);
    EXPECT_GT(reply.integer, last) << counter.key << ": a command overtook an earlier one of its client";
  } else if (reply.text.rfind("INDOUBT", 0) == 0) {
    ++counter.in_doubt;
    ++in_doubt;
  } else {
    const bool did_not_happen = std::any_of(refusals_.begin(), refusals_.end(), [&](std::string_view word) {
      return reply.text.rfind(word, 0) == 0;
    });
    EXPECT_TRUE(did_not_happen) << reply.text;
    ++refused;
  }
}

void Counting::reconnect(unsigned nodes) {
  for (Client& client : clients_) {
    if (!cluster_.closed(client.client)) continue;
    for (; client.answered < client.sent.size(); ++client.answered) {
      ++counters_[client.sent[client.answered]].in_doubt;
      ++in_doubt;
    }
    for (unsigned tries = 0; tries < nodes; ++tries) {
      client.node = (client.node + 1) % nodes;
      if (!cluster_.alive(client.node)) continue;
      client.client = cluster_.connect(client.node);
      break;
    }
  }
}

void Counting::expect_all_answered() const {
  for (const Client& client : clients_) EXPECT_EQ(client.answered, client.sent.size());
}

void Counting::check(unsigned node) {
  const auto client = cluster_.connect(node);
  for (const Counter& counter : counters_) {
    const std::string text = cluster_.ask(client, "GET " + counter.key);
    const std::int64_t value = text == "(null)" ? 0 : std::strtoll(text.c_str(), nullptr, 10);
    EXPECT_GE(value, counter.acknowledged) << counter.key << " lost what was acknowledged: " << text;
    EXPECT_LE(value, counter.acknowledged + counter.in_doubt) << counter.key << " counted twice: " << text;
    EXPECT_GE(value, counter.highest);
  }
}

}  // namespace limpet::shard
