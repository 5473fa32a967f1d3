// What the tests of moving slots share: a cluster that moves, and keys to look for.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

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

inline std::string tail(const SimCluster& cluster) {
  std::string text;
  const std::vector<std::string>& notes = cluster.notes();
  for (std::size_t i = notes.size() - std::min<std::size_t>(notes.size(), 40); i < notes.size(); ++i) {
    text += notes[i] + "\n";
  }
  return text;
}

}  // namespace limpet::shard
