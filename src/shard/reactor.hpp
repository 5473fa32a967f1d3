// Reactor: the inside of a Shard. It owns the machines of the rooms below and what wires them, hands each
// event to whom it concerns, and then does what they want, in one order, until all are quiet: no machine is
// ever called while it is in the middle of something.
//
//   Neighbours   other nodes and shards: links, queues, commands under way to them (room traffic)
//   Traffic      where to (Dispatch, Sending), not now (Waiting), answers (Delivery)
//   Commands     of several sessions, shards and nodes, and what a shard says of itself (room wide)
//   Requests     what clients ask for
//   Frames       what others say: Serving (requests), Forwarding (answers), HandingOver (slots), Following
//                (copies)
//   Journaling   the files of the journal
#pragma once

#include <cstdint>
#include <limpet/base/client_memory.hpp>
#include <limpet/base/random.hpp>
#include <limpet/clients/clients.hpp>
#include <limpet/engine/engine.hpp>
#include <limpet/following/following.hpp>
#include <limpet/gather/gathers.hpp>
#include <limpet/links/links.hpp>
#include <limpet/ownership/ownership.hpp>
#include <limpet/ownership/reasons.hpp>
#include <limpet/shard/shard.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "forwarding.hpp"
#include "frames.hpp"
#include "handing_over.hpp"
#include "journaling.hpp"
#include "names.hpp"
#include "requests.hpp"
#include "serving.hpp"

namespace limpet::shard {

class Reactor {
 public:
  Reactor(ShardConfig config, ShardTunables tunables, Now now);
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  // ---- Every event ----
  void set_now(Now now) { now_ = now; }
  // To be called at the end of it: goes on with clients whose reason to wait is gone.
  void end_event();
  [[nodiscard]] Effects& effects() { return effects_; }
  void take_batches() { neighbours_.siblings().take_batches(effects_.batches); }

  // ---- Streams, siblings and time, as Shard has them ----
  StreamId client_opened(const ClientOrigin& origin);
  [[nodiscard]] Linking& linking() { return neighbours_.linking(); }
  [[nodiscard]] links::Links& links() { return neighbours_.links(); }
  void received(StreamId id, std::string_view bytes);
  void written(StreamId id, std::size_t bytes);
  bool ended(StreamId id);
  void closed(StreamId id, std::string_view reason);
  Stream* stream(StreamId id);
  void from_sibling(unsigned sibling, std::string_view batch);
  void tick();
  void go_on();

  // ---- The journal ----
  [[nodiscard]] Journaling& journaling() { return journaling_; }
  void durable(std::uint64_t position);
  void synced(std::uint64_t position);
  void journal_trouble(const std::string& why) { engine_.durability().set_trouble(why); }
  void journal_failed(const std::string& why);

  // ---- Slots that change hands ----
  [[nodiscard]] HandingOver& handing_over() { return handing_over_; }
  void set_view(std::shared_ptr<const cluster::View> view);

  // ---- The life of the node ----
  void ordered(std::uint64_t ticket, const Result<std::string>& outcome);
  void reload(ShardTunables tunables);
  void drain();
  [[nodiscard]] bool drained();
  [[nodiscard]] bool in_start() const { return is_starting(ownership_); }
  [[nodiscard]] ShardStats stats() const { return commands_.figures().stats(); }
  [[nodiscard]] replica::CopiesCount copies() const { return following_.count(); }

 private:
  // Does what machines want done, in one order, until none of them wants anything. To be called behind every
  // command and frame.
  void settle() {
    if (has_work()) [[unlikely]]
      drain_machines();
  }
  [[nodiscard]] bool has_work() {
    return forwarding_.has_work() || gathers_.has_work() || handing_over_.has_work();
  }
  void drain_machines();
  void tick_pending();
  void take_turn(clients::Client& client, std::string_view bytes);
  void take_from_link(StreamId link, std::string_view bytes);
  void take_from_peer(StreamId peer, std::string_view bytes);
  void take_batch(unsigned sibling, std::string_view batch);
  void drop_client(StreamId id);
  // Commands that are under way for a client that is gone go on, but nobody wants what they say, or them once
  // more.
  void forget_work_for(StreamId client);
  void drain_clients();

  ShardConfig config_;  // set once
  std::shared_ptr<const cluster::View> view_;
  ShardTunables tunables_;
  Now now_;
  Effects effects_;
  ClientMemory memory_;
  TurnQueue turns_{effects_.again};  // of clients and peers
  Random random_{config_.random_seed};
  Counters counters_;

  // ---- Machines ----
  clients::Clients clients_{config_.shards, config_.index, memory_, effects_.dirty};
  engine::Engine engine_;
  ownership::Ownership ownership_;
  gather::Gathers gathers_{config_.self, config_.shards, view_};

  // ---- More of them, and what wires them: each uses those before it ----
  Neighbours neighbours_{config_, Frames::of_links(), Frames::of_peers(), now_, random_, effects_, memory_,
                         turns_,  ownership_};
  Traffic traffic_{
      config_,    view_,    tunables_,  now_, effects_, counters_, memory_, clients_, engine_.durability(),
      ownership_, gathers_, neighbours_};
  Commands commands_{config_, view_,    tunables_, now_,       random_,  effects_,    counters_,
                     memory_, clients_, engine_,   ownership_, gathers_, neighbours_, traffic_};
  Serving serving_;
  Forwarding forwarding_;
  Following following_;
  HandingOver handing_over_;
  Journaling journaling_{now_, effects_, engine_, ownership_, serving_};
  Requests requests_;
  Frames frames_;
};

}  // namespace limpet::shard
