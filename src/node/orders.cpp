#include "orders.hpp"

#include <spdlog/spdlog.h>

#include <limpet/net/clock.hpp>

namespace limpet::node {

bool Orders::leave() {
  if (membership_ == nullptr) return false;
  stops_ = true;
  (void)declare(true);
  return true;
}

Result<std::string> Orders::declare(bool leaving) {
  if (membership_ == nullptr) return fail(Code::unavailable, "this node is in no cluster");
  if (!leaving && stops_) return fail(Code::refused, "this node leaves because it stops, and that goes on");
  const bool news = membership_->leave(leaving);
  if (news && leaving) spdlog::info("leaving: all slots go to other nodes until this one is started again");
  if (news && !leaving) spdlog::info("leaving no longer: what the cluster file gives this node comes back");
  return leaving ? "leaving"
         : news  ? "back: what the cluster file gives this node comes to it"
                 : "it does not leave";
}

void Orders::carry_out(unsigned shard, const std::vector<shard::Order>& orders) {
  for (const shard::Order& order : orders) carry_out(shard, order);
}

void Orders::carry_out(unsigned index, const shard::Order& order) {
  const auto done = [this, index, ticket = order.ticket](Result<std::string> outcome) {
    shards_.at(index, [ticket, outcome = std::move(outcome)](shard::Shard& shard) {
      shard.ordered(ticket, outcome, net::read_clocks());
    });
  };
  switch (order.kind) {
    case shard::Order::Kind::reload:
      if (hooks_.reload_files) return hooks_.reload_files(done);
      return done(fail(Code::unavailable, "this process has no files to read again"));
    case shard::Order::Kind::check:
      if (hooks_.check_files) return hooks_.check_files(done);
      return done(fail(Code::unavailable, "this process has no files to read again"));
    case shard::Order::Kind::leave:
      return done(declare(true));
    case shard::Order::Kind::stay:
      return done(declare(false));
  }
}

}  // namespace limpet::node
