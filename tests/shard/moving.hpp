// What the tests of moving slots share: a cluster that moves, and keys to look for.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "faults.hpp"
#include "sim_cluster.hpp"

namespace limpet::shard {

inline SimCluster::Options moving(unsigned nodes, unsigned started, std::uint64_t seed = 1) {
  SimCluster::Options options{.nodes = nodes, .shards = 2, .seed = seed};
  options.moves = options.journal = true;
  options.started = started;
  options.files.assign(nodes, cluster_text(started));
  return options;
}

inline constexpr unsigned kKeys = 200;

inline std::string key(unsigned number) { return "{u" + std::to_string(number) + "}"; }

inline void set_keys(SimCluster& cluster, unsigned node) {
  const auto client = cluster.connect(node);
  for (unsigned i = 0; i < kKeys; ++i) {
    ASSERT_EQ(cluster.ask(client, "SET " + key(i) + " " + std::to_string(i)), "OK");
  }
}

inline void expect_keys(SimCluster& cluster, unsigned node) {
  const auto client = cluster.connect(node);
  for (unsigned i = 0; i < kKeys; ++i) {
    EXPECT_EQ(cluster.ask(client, "GET " + key(i)), std::to_string(i)) << key(i) << " by node " << node;
  }
}

// Something in each slot, all at once.
inline void fill_slots(SimCluster& cluster, const std::string& value) {
  const auto client = cluster.connect(0);
  std::string requests;
  for (unsigned slot = 0; slot < kSlots; ++slot)
    requests += "SET " + key_of_slot(static_cast<Slot>(slot)) + " " + value + "\r\n";
  cluster.send(client, requests);
  std::size_t replies = 0;
  cluster.run_until([&] { return (replies += cluster.take_replies(client).size()) == kSlots; }, 10'000);
  ASSERT_EQ(replies, kSlots);
}

// What this node answers for the slots that are marked, each as often as it says so.
inline std::map<std::string, unsigned> answers(SimCluster& cluster, unsigned node,
                                               const std::vector<bool>& slots) {
  std::map<std::string, unsigned> answers;
  const auto client = cluster.connect(node);
  for (unsigned slot = 0; slot < kSlots; ++slot) {
    if (slots[slot]) ++answers[cluster.ask(client, "GET " + key_of_slot(static_cast<Slot>(slot)))];
  }
  return answers;
}

inline std::string tail(const SimCluster& cluster) {
  std::string text;
  const std::vector<std::string>& notes = cluster.notes();
  for (std::size_t i = notes.size() - std::min<std::size_t>(notes.size(), 40); i < notes.size(); ++i) {
    text += notes[i] + "\n";
  }
  return text;
}

}  // namespace limpet::shard
