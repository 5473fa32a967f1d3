#include "counting.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace limpet::shard {

Counting::Counting(SimCluster& cluster, unsigned counters, std::vector<std::string_view> refusals)
    : crowd(cluster, std::move(refusals)), cluster_(cluster) {
  for (unsigned i = 0; i < counters; ++i) counters_.push_back({"{c" + std::to_string(i) + "}:n"});
}

Counting::Counting(SimCluster& cluster, const std::vector<std::string>& keys,
                   std::vector<std::string_view> refusals)
    : crowd(cluster, std::move(refusals)), cluster_(cluster) {
  for (const std::string& key : keys) counters_.push_back({key});
}

void Counting::add_client(unsigned node) {
  crowd.add_client(node);
  last_.emplace_back(counters_.size());
}

void Counting::send_some() {
  for (std::size_t client = 0; client < crowd.size(); ++client) {
    if (!crowd.may_send(client)) continue;
    for (std::uint64_t i = cluster_.random(8); i > 0; --i) {
      count(client, static_cast<std::size_t>(cluster_.random(counters_.size())));
    }
    crowd.flush(client);
  }
}

void Counting::count(std::size_t client, std::size_t which) {
  crowd.say(client, "INCR " + counters_[which].key,
            [=, this](Fate fate, const resp::Value* reply) { told(client, which, fate, reply); });
}

void Counting::told(std::size_t client, std::size_t which, Fate fate, const resp::Value* reply) {
  Counter& counter = counters_[which];
  if (fate == Fate::in_doubt) ++counter.in_doubt;
  if (fate != Fate::done) return;
  ++counter.acknowledged;
  counter.highest = std::max(counter.highest, reply->integer);
  const std::int64_t last = std::exchange(last_[client][which], reply->integer);
  EXPECT_GT(reply->integer, last) << counter.key << ": a command overtook an earlier one of its client";
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
