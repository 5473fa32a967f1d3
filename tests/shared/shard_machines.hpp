// The machines of one shard, wired but for its reactor: shard 0 of four of node n1 of two. Slot 0 is its own,
// 2 a sibling's, 1 the other node's, 4 nobody's.
#pragma once

#include <gtest/gtest.h>

#include <limpet/engine/engine.hpp>
#include <limpet/traffic/neighbours.hpp>
#include <limpet/traffic/traffic.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet::traffic {

constexpr Slot kHere = 0;
constexpr Slot kOther = 1;
constexpr Slot kSiblings = 2;
constexpr Slot kNobodys = 4;

class ShardMachines : public testing::Test {
 protected:
  explicit ShardMachines(bool loads = false) : config_(config_of(loads)) {}

  clients::Client& come() { return clients_.open({"127.0.0.1:5", "127.0.0.1:6", true}, true, now_); }
  // What stands for siblings by now, as frames: (number, body).
  std::vector<std::pair<std::uint64_t, std::string>> frames_for_siblings(std::optional<unsigned> one = {}) {
    std::vector<std::pair<unsigned, Bytes>> batches;
    neighbours_.siblings().take_batches(batches);
    std::vector<std::pair<std::uint64_t, std::string>> found;
    for (const auto& [shard, batch] : batches) {
      std::string_view bytes = batch.view();
      while (shard == one.value_or(shard) && !bytes.empty()) {
        const peer::FrameStep step = peer::next_frame(bytes, ~std::uint32_t{0});
        found.emplace_back(step.frame.id, std::string(step.frame.body));
        bytes.remove_prefix(step.consumed);
      }
    }
    return found;
  }
  std::vector<std::pair<std::uint64_t, std::string>> replies_for(unsigned sibling) {
    return frames_for_siblings(sibling);
  }
  // The only frame that stands for it, which is a request. Its arguments point into `frame`.
  peer::Request request_for(unsigned sibling, std::pair<std::uint64_t, std::string>& frame,
                            std::vector<std::string_view>& args) {
    const auto sent = replies_for(sibling);
    peer::Request request;
    EXPECT_EQ(sent.size(), 1U);
    if (sent.size() == 1) frame = sent[0];
    EXPECT_TRUE(peer::read_request(frame.second, request, args));
    return request;
  }
  static forward::Origin of_sibling(std::uint16_t sibling, std::uint64_t id) {
    return {.kind = forward::Origin::Kind::sibling, .sibling = sibling, .id = id};
  }

  ShardConfig config_;
  std::shared_ptr<const cluster::View> view_ = config_.view;
  ShardTunables tunables_;
  Now now_{.steady_ms = 1'000, .unix_ms = 1'800'000'000'000};
  Effects effects_;
  ClientMemory memory_;
  TurnQueue turns_{effects_.again};
  Random random_{1};
  reports::Counters counters_;
  engine::Engine engine_{{.table_seed = 1}};
  clients::Clients clients_{config_.shards, config_.index, memory_, effects_.dirty};
  ownership::Ownership ownership_{ownership_of(config_), view_, engine_.store(), {}, now_};
  gather::Gathers gathers_{config_.self, config_.shards, view_};
  Neighbours neighbours_{config_, {}, {}, now_, random_, effects_, memory_, turns_, ownership_};
  Traffic traffic_{
      config_,    view_,    tunables_,  now_, effects_, counters_, memory_, clients_, engine_.durability(),
      ownership_, gathers_, neighbours_};

 private:
  static std::shared_ptr<const cluster::View> view_of_two() {
    auto view = std::make_shared<cluster::View>();
    for (const char* name : {"n1", "n2"}) {
      cluster::Node node;
      node.name = name;
      view->nodes.push_back(node);
    }
    for (unsigned slot = 0; slot < kSlots; ++slot)
      view->placement[slot] = static_cast<cluster::NodeIndex>(slot % 2);
    view->placement[kNobodys] = ring::kNobody;
    return view;
  }
  static ShardConfig config_of(bool loads) {
    ShardConfig config;
    config.view = view_of_two();
    config.shards = 4;
    config.loads = loads;
    return config;
  }
  static ownership::OwnershipConfig ownership_of(const ShardConfig& config) {
    ownership::OwnershipConfig ownership;
    ownership.self = config.self;
    ownership.shards = config.shards;
    ownership.shard = config.index;
    ownership.loads = config.loads;
    return ownership;
  }
};

}  // namespace limpet::traffic
