// Serving: requests that other shards and nodes have sent on: read, looked at, and run here, put aside or
// sent on once more.
//
// Owned by a shard, on its thread.
#pragma once

#include <limpet/base/bytes.hpp>
#include <limpet/command/command.hpp>
#include <limpet/engine/engine.hpp>
#include <limpet/links/links.hpp>
#include <limpet/links/siblings.hpp>
#include <limpet/ownership/ownership.hpp>
#include <limpet/peer/frame.hpp>
#include <limpet/shard/shard.hpp>
#include <string_view>
#include <vector>

#include "names.hpp"
#include "requested_keys.hpp"

namespace limpet::shard {

class Serving {
 public:
  Serving(const ShardConfig& config, const ShardTunables& tunables, const Now& now, engine::Engine& engine,
          const ownership::Ownership& ownership, Counters& counters, Neighbours& neighbours, Traffic& traffic,
          OwnParts& parts)
      : config_(config),
        tunables_(tunables),
        now_(now),
        engine_(engine),
        ownership_(ownership),
        links_(neighbours.links()),
        siblings_(neighbours.siblings()),
        counters_(counters),
        delivery_(traffic.delivery()),
        sending_(traffic.sending()),
        dispatch_(traffic.dispatch()),
        waiting_(traffic.waiting()),
        parts_(parts) {}

  // A request frame of another node. Returns why it makes no sense; empty: it does.
  [[nodiscard]] std::string_view take(StreamId peer, const peer::Frame& frame);
  // The same of another shard.
  void take(const forward::Origin& sibling, const peer::Frame& frame);
  // A request that was read before, and kept. It goes to the slot's owner, whatever others wait for.
  void serve_kept(const forward::Origin& origin, Slot slot, std::string_view body);

  // The slot's owner, or what went another way before, may be another: who waited for that goes on.
  void reroute(Slot slot);
  // It is of no use to wait for the slot any more.
  void wake(Slot slot);

  // The keys of the next requests, as far as one can guess them, are fetched.
  void prefetch(std::string_view frames);
  // What was needed for something large once is not kept for ever.
  void trim() {
    drop_large(reply_);
    keys_.clear();
  }

 private:
  struct Asked;

  void serve(const Asked& asked);
  void serve_slot(const Asked& asked, const Decision& decision);
  void run(const Asked& asked);
  void serve_kept(const forward::Parked& parked, Slot slot, const Decision& decision);
  void serve_kept(const forward::Origin& origin, Slot slot, const Decision& decision, std::string_view body);
  [[nodiscard]] KeyRef key_of(std::string_view argument);
  [[nodiscard]] std::string why_not(const Asked& asked) const;
  void refuse(const Asked& asked, const Decision& decision);

  const ShardConfig& config_;
  const ShardTunables& tunables_;
  const Now& now_;
  engine::Engine& engine_;
  const ownership::Ownership& ownership_;
  const links::Links& links_;
  const links::Siblings& siblings_;
  Counters& counters_;
  Delivery& delivery_;
  Sending& sending_;
  Dispatch& dispatch_;
  Waiting& waiting_;
  OwnParts& parts_;
  RequestedKeys keys_;
  std::vector<std::string_view> args_;  // of the request that is read; kept for its memory
  Bytes reply_;                         // the same
};

}  // namespace limpet::shard
