#include "drain.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <string>
#include <thread>

namespace limpet::limpetd {
namespace {

constexpr std::int64_t kLookEveryMs = 50;
constexpr std::int64_t kSayEveryMs = 2'000;

struct Left {
  std::uint64_t slots = 0;   // held still
  std::uint64_t moving = 0;  // of those and others, that are to go or on their way
  std::uint64_t sessions = 0;
  bool known = false;  // all shards have said so
};

Left left_of(const node::NodeSnapshot& snapshot) {
  Left left;
  for (const reports::ShardStats& shard : snapshot.shards) {
    left.slots += shard.handoff.slots;
    left.moving += shard.handoff.to_give + shard.handoff.giving + shard.handoff.receiving;
    left.sessions += shard.store.sessions;
  }
  left.known = snapshot.shards.size() == snapshot.shards_expected;
  return left;
}

void say_end(const Left& left, std::int64_t ms) {
  if (left.slots == 0) {
    spdlog::info("drained in {} ms: other nodes hold all sessions", ms);
  } else if (left.moving == 0) {
    spdlog::warn(
        "no other node can take the {} slots with {} sessions that are left; they stay on this node's disk",
        left.slots, left.sessions);
  } else {
    spdlog::warn(
        "not drained within {} ms: {} slots with {} sessions are left, and stay on this node's disk; they "
        "are not served "
        "until it is started again",
        ms, left.slots, left.sessions);
  }
}

}  // namespace

void drain(node::Node& node, const DrainSettings& settings) {
  if (!node.leave()) return;
  const auto began = std::chrono::steady_clock::now();
  for (std::int64_t said_ms = 0;; std::this_thread::sleep_for(std::chrono::milliseconds(kLookEveryMs))) {
    const Left left = left_of(node.snapshot());
    const std::int64_t ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began)
            .count();
    const bool done = left.known && left.moving == 0;
    if (ms >= (done ? settings.linger_ms : settings.timeout_ms)) return say_end(left, ms);
    if (done || ms < said_ms + kSayEveryMs) continue;
    said_ms = ms;
    spdlog::info("draining: {} slots with {} sessions are left", left.slots, left.sessions);
  }
}

}  // namespace limpet::limpetd
