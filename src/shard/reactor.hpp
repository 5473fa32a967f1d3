// Reactor: the inside of a Shard. It owns the machines of the rooms below and what wires them, hands each
// event to whom it concerns, and then does what they want, in one order, until all are quiet: no machine is
// ever called while it is in the middle of something.
//
//   from clients    Requests: Wide (several sessions, shards, nodes), Builtins (connections, the node)
//   from others     Frames: Serving (requests), Forwarding (answers), Telling, HandingOver
//   to others       Dispatch (where to), Sending, Waiting (not now), Delivery (answers)
//   what they want  Forwarding, Gathering, HandingOver: settle()
//   beside them     Linking (connections come and go), Journaling, OwnParts, Orders, Figures
#pragma once

#include <cstdint>
#include <limpet/base/client_memory.hpp>
#include <limpet/base/random.hpp>
#include <limpet/clients/clients.hpp>
#include <limpet/engine/engine.hpp>
#include <limpet/forward/forwarder.hpp>
#include <limpet/gather/gathers.hpp>
#include <limpet/links/links.hpp>
#include <limpet/links/peers.hpp>
#include <limpet/links/siblings.hpp>
#include <limpet/ownership/ownership.hpp>
#include <limpet/ownership/reasons.hpp>
#include <limpet/shard/shard.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "builtins.hpp"
#include "delivery.hpp"
#include "dispatch.hpp"
#include "figures.hpp"
#include "forwarding.hpp"
#include "frames.hpp"
#include "gathering.hpp"
#include "handing_over.hpp"
#include "journaling.hpp"
#include "linking.hpp"
#include "orders.hpp"
#include "own_parts.hpp"
#include "requests.hpp"
#include "sending.hpp"
#include "serving.hpp"
#include "telling.hpp"
#include "waiting.hpp"
#include "ways.hpp"
#include "wide.hpp"

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
  void take_batches() { siblings_.take_batches(effects_.batches); }

  // ---- Streams, siblings and time, as Shard has them ----
  StreamId client_opened(const ClientOrigin& origin);
  [[nodiscard]] Linking& linking() { return linking_; }
  [[nodiscard]] links::Links& links() { return links_; }
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
  [[nodiscard]] ShardStats stats() const { return figures_.stats(); }

 private:
  // Does what machines want done, in one order, until none of them wants anything. To be called behind every
  // command and frame.
  void settle() {
    while (forwarding_.has_work() || gathers_.has_work() || handing_over_.has_work()) drain_machines();
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

  // ---- Machines ----
  ShardConfig config_;  // set once
  std::shared_ptr<const cluster::View> view_;
  ShardTunables tunables_;
  Now now_;
  Effects effects_;
  ClientMemory memory_;
  TurnQueue turns_{effects_.again};  // of clients and peers
  Random random_{config_.random_seed};
  Counters counters_;
  clients::Clients clients_{config_.shards, config_.index, memory_, effects_.dirty};
  engine::Engine engine_;
  ownership::Ownership ownership_;
  links::Links links_{config_.self, view_, Frames::of_links(), effects_.dirty};
  links::Peers peers_{config_.self, view_, Frames::of_peers(), memory_, effects_.dirty, turns_};
  links::Siblings siblings_{config_.shards, config_.index};
  gather::Gathers gathers_{config_.self, config_.shards, view_};
  Ways ways_{links_, siblings_};
  forward::Forwarder forwarder_{ways_, config_.handoff.has_value()};

  // ---- What wires them: each uses those before it ----
  Telling telling_{config_, ownership_, links_, peers_, siblings_, effects_, now_};
  Linking linking_{config_, links_, peers_, telling_, ownership_, forwarder_, effects_, random_, now_};
  Figures figures_{config_,    view_,  tunables_, now_,    engine_,  ownership_,
                   forwarder_, links_, clients_,  memory_, counters_};
  Orders orders_{config_, view_, tunables_, now_, ownership_, effects_};
  Delivery delivery_{engine_.durability(), now_,     memory_, clients_, peers_, siblings_, gathers_,
                     forwarder_,           counters_};
  Sending sending_{view_, tunables_, now_, forwarder_, clients_, delivery_, linking_};
  Dispatch dispatch_{config_, view_, now_, ownership_, forwarder_, sending_, links_, linking_};
  Waiting waiting_{tunables_, now_, ownership_, forwarder_, dispatch_, clients_, delivery_, effects_.wanted};
  OwnParts parts_{config_, tunables_, now_,      random_,   engine_,   ownership_, forwarder_, gathers_,
                  links_,  clients_,  counters_, delivery_, dispatch_, figures_,   orders_};
  Serving serving_{config_,   tunables_, now_,      engine_,  ownership_, links_,   peers_,
                   siblings_, counters_, delivery_, sending_, dispatch_,  waiting_, parts_};
  Forwarding forwarding_{now_,     forwarder_, ownership_, clients_, delivery_,
                         linking_, links_,     sending_,   serving_};
  Gathering gathering_{config_,   now_,     gathers_,  engine_,  ownership_, links_,   clients_,
                       counters_, figures_, delivery_, sending_, dispatch_,  waiting_, parts_};
  HandingOver handing_over_{config_, now_,     effects_, engine_, ownership_, forwarder_, links_,
                            peers_,  linking_, telling_, orders_, delivery_,  sending_,   serving_};
  Journaling journaling_{now_, effects_, engine_, ownership_, serving_};
  Wide wide_{config_,  view_,     now_,      engine_,  ownership_, links_,
             gathers_, delivery_, dispatch_, waiting_, parts_,     gathering_};
  Builtins builtins_{config_,  tunables_, now_,      clients_, links_,
                     figures_, orders_,   delivery_, sending_, wide_};
  Requests requests_{now_,      engine_,  ownership_, clients_, forwarder_, turns_,   counters_,
                     delivery_, sending_, dispatch_,  waiting_, wide_,      builtins_};
  Frames frames_{config_, now_, ownership_, links_, telling_, serving_, forwarding_, handing_over_};
};

}  // namespace limpet::shard
