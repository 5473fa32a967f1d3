// Core: the inside of a Shard. It wires the machines of the rooms below and hands what one of them wants to
// the others; each topic has a source file of its own:
//
//   core.cpp             streams come and go, time passes, the node stops
//   requests.cpp         from a client's bytes to commands, and where each goes
//   forwarding.cpp       commands sent on: their sending, answers, time-outs, second tries
//   frames.cpp           frames of nodes and shards: who takes which
//   serving.cpp          requests of other nodes and shards: read, and served or passed on
//   durable.cpp          replies that wait until what they show is safe
//   snapshots.cpp        between the pacer of snapshots and the driver
//   loading.cpp          slots that are not loaded yet, and who waits for them
//   handover_bridge.cpp  slots that change hands
//   routes.cpp           where commands go
//   parts.cpp            commands of several parts (room gather): what is looked at before they begin
//   gathering.cpp        what they want done
//   all_keys.cpp, scan.cpp   KEYS, DBSIZE, RANDOMKEY, FLUSHALL; SCAN
//   client_account.cpp   what is kept for clients, and who pays when it is too much
//   builtins.cpp         commands that are about connections, nodes and the cluster: what is done for them
//
// Beside it: Linking (connections come and go), Telling (what nodes and shards tell each other), Ways (the
// way to other nodes and shards, as the Forwarder sees it), Orders (what an operator wants of the node).
#pragma once

#include <limpet/base/numbered.hpp>
#include <limpet/base/random.hpp>
#include <limpet/command/command.hpp>
#include <limpet/engine/engine.hpp>
#include <limpet/forward/forwarder.hpp>
#include <limpet/forward/gated_replies.hpp>
#include <limpet/forward/waiters.hpp>
#include <limpet/gather/gathers.hpp>
#include <limpet/links/links.hpp>
#include <limpet/links/peers.hpp>
#include <limpet/links/siblings.hpp>
#include <limpet/ownership/reasons.hpp>
#include <limpet/peer/frame.hpp>
#include <limpet/peer/greeting.hpp>
#include <limpet/shard/shard.hpp>
#include <limpet/store/store.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "after_sync.hpp"
#include "figures.hpp"
#include "linking.hpp"
#include "names.hpp"
#include "nodes.hpp"
#include "orders.hpp"
#include "telling.hpp"
#include "ways.hpp"

namespace limpet::shard {

using command::Args;
using command::Spec;
using peer::Frame;
using peer::FrameType;
using peer::Outcome;
using peer::Reach;
using resp::ReplyWriter;

// Who counts the changes of slots, for hand-overs.
[[nodiscard]] handoff::Numbering numbering_of(journal::Writer* journal);

class Core {
 public:
  Core(ShardConfig config, ShardTunables tunables, Now now);
  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  // core.cpp: what Shard offers
  StreamId client_opened(const ClientOrigin& origin);
  StreamId peer_opened(const std::string& address) { return linking_.opened(address); }
  void dial_goes_on(StreamId link, std::string_view doing, std::int64_t ms) {
    links_.dial_goes_on(link, doing, ms, now_);
  }
  void connected(StreamId link) { linking_.connected(link); }
  void received(StreamId id, std::string_view bytes);
  void written(StreamId id, std::size_t bytes);
  bool ended(StreamId id);
  void closed(StreamId id, std::string_view reason);
  Stream* stream(StreamId id);
  void from_sibling(unsigned sibling, std::string_view batch);
  void tick();
  void go_on();
  void take_batches() { siblings_.take_batches(effects_.batches); }
  void reload(ShardTunables tunables);
  void drain();
  [[nodiscard]] bool drained();
  [[nodiscard]] bool in_start() const { return is_starting(ownership_); }
  [[nodiscard]] ShardStats stats() const { return figures_.stats(); }
  [[nodiscard]] Effects& effects() { return effects_; }
  void set_now(Now now) { now_ = now; }
  // durable.cpp: the journal
  void take_changes();
  void end_changes();
  void durable(std::uint64_t position);
  void synced(std::uint64_t position);
  void journal_trouble(const std::string& why);
  void journal_failed(const std::string& why);
  // loading.cpp
  void take_load(const LoadPiece& piece);
  // handover_bridge.cpp
  void set_view(std::shared_ptr<const cluster::View> view);
  void titles_written(const std::vector<Slot>& slots);
  void titles_failed(const std::vector<Slot>& slots, const std::string& why, bool for_want_of_room);
  // builtins.cpp
  void ordered(std::uint64_t ticket, const Result<std::string>& outcome);
  // snapshots.cpp
  void inherit(std::uint64_t journal_bytes) {
    if (engine_.snapshots() != nullptr) engine_.snapshots()->inherit(journal_bytes);
  }
  void snapshot_written(std::size_t bytes);
  void snapshot_done(std::uint64_t covers) { engine_.snapshots()->done(covers); }
  void snapshot_failed() { engine_.snapshots()->failed(now_.steady_ms); }
  // To be called at the end of every event: goes on with clients whose reason to wait is gone.
  void end_event();

 private:
  // ---- core.cpp ----
  [[nodiscard]] ownership::NodeDirectory nodes() const { return directory_of(config_.self, links_, now_); }
  void note(Note::Level level, std::string text);
  // Does what machines want done, in one order, until none of them wants anything. To be called behind every
  // command and frame: none of them is in the middle of anything then.
  void settle();
  [[nodiscard]] bool is_quiet();
  void tick_pending();
  void drop_client(StreamId id);

  // ---- handover_bridge.cpp ----
  void changed(Slot slot, std::string_view effects);
  void watch_changes();
  void drain_ownership();
  void work_off();
  [[nodiscard]] bool hand_overs_have_work();
  void write_title(const handoff::WantedTitle& write);
  void send_titles();
  void fail_titles(const std::string& why);
  void ask(handoff::Question& question);
  void take_answer(const Origin& origin, Outcome outcome, std::string_view body);
  [[nodiscard]] std::string_view take_peer_question(StreamId peer, const Frame& frame);
  void take_question(const Origin& origin, Slot slot, std::string_view body);
  void tick_handovers();
  void copy_for_handovers();
  void claim_from(std::string_view name, const Origin& origin, resp::Version version);
  void answer_claims();

  // ---- routes.cpp ----
  [[nodiscard]] Route effective_route(Slot slot) const;
  [[nodiscard]] bool may_pass_on(Slot slot, std::uint8_t hops) const;
  void update_route(Slot slot);
  [[nodiscard]] std::string why_refused(Slot slot) const;

  // ---- client_account.cpp ----
  // Charges what is kept for whoever asked; returns how much that was, to be given back. 0: nobody is known.
  [[nodiscard]] std::size_t charge(const Origin& origin, std::size_t bytes);
  void give_back(const Origin& origin, std::size_t charged);
  void forget_work_for(StreamId client);
  void drain_clients();

  // ---- requests.cpp ----
  void client_bytes(Client& client, std::string_view bytes);
  void take_turn(Client& client, std::string_view bytes);
  bool take_step(Client& client, const ParsedRequest& next);
  // False: not now. The command is to be offered again when the client is resumed.
  bool take_command(Client& client, const ParsedRequest& next);
  bool take_by_scope(Client& client, const Spec& spec, Args args);
  // Would a command overtake an earlier one of the same client?
  [[nodiscard]] bool would_overtake(const Client& client, Slot slot) const {
    return !client.replies.empty() && forwarder_.overtaking().holds_back(client.id, slot);
  }
  [[nodiscard]] bool would_overtake(const Client& client, const Spec& spec, Args args) const;
  bool take_session_command(Client& client, const Spec& spec, Args args);
  bool take_keyed_command(Client& client, const Spec& spec, Args args, const KeyRef& key);
  [[nodiscard]] static bool others_in_slot(const Spec& spec, Args args, Slot slot);
  void admit_error(Client& client, const Spec* spec, std::string_view error);
  void yield(Client& client);
  void reply_error(Client& client, std::string_view text);
  Origin keep_place(Client& client);
  // Runs a command of a client of this shard. `key`: that of args[spec.first_key], if it is known already.
  void run_for(Client& client, const Spec& spec, Args args, const KeyRef* key = nullptr);

  // ---- durable.cpp ----
  [[nodiscard]] Lsn safe() const { return engine_.durability().safe(); }
  // More may be safe than before: what waited for that leaves.
  void release_replies();
  void defer_reply(const Origin& origin, Outcome outcome, std::string_view body, std::uint64_t needs);

  // ---- loading.cpp ----
  // Of these slots one that is not served; all of them are loaded before others.
  std::optional<Slot> first_missing(const std::vector<Slot>& slots);
  // False: the client waits for the slot. True: it has waited long enough, and has its error.
  bool wait_for_slot(Client& client, Slot slot);
  // A request of another shard or node waits for the slot.
  void park(const Origin& origin, Slot slot, std::uint8_t hops, std::string_view body);
  void want(Slot slot);
  void slot_loaded(const LoadPiece::Step& step);
  void slot_damaged(Slot slot, const std::string& why);
  void wake_waiters(Slot slot);
  void serve_returned(Slot slot);
  // A request that was read before, and kept.
  void serve_kept(const Origin& origin, Slot slot, Route route, std::string_view body);
  void tick_loading();
  [[nodiscard]] std::int64_t loading_patience() const;
  [[nodiscard]] std::string why_unserved(Slot slot) const;
  // What is said to commands about all keys while some slots are not served; empty: all are.
  [[nodiscard]] std::string why_not_whole() const;

  // ---- snapshots.cpp ----
  void tick_snapshot();
  void copy_on();
  void take_snapshot_pieces();

  // ---- forwarding.cpp ----
  // Is there room on the way to this target for one more? If not, the client is put on its list.
  bool has_room(Route route, Client& client);
  // What a request says that begins its way here.
  [[nodiscard]] peer::Request first_hop(Reach reach, resp::Version version, bool authenticated) const;
  void forward(Route route, Slot slot, Origin origin, const peer::Request& request, Args args, bool write);
  void forward_bytes(Route route, Slot slot, Origin origin, std::string_view body, bool write,
                     std::uint8_t hops);
  void carry_out(forward::Forwarder::Action& action);
  [[nodiscard]] std::string why_ended(const forward::Forwarder::Action& action) const;
  void tried_in_vain(const forward::Forwarder::Answered& answered, std::string_view body);
  void reroute_drained();
  void answered(std::uint64_t id, Outcome outcome, std::string_view body);
  // Gives an answer to whoever asked, once the journal is safe up to `needs`.
  void deliver(const Origin& origin, Outcome outcome, std::string_view body, std::uint64_t needs = 0);
  void deliver_to_client(const Origin& origin, Outcome outcome, std::string_view body);

  // ---- frames.cpp ----
  struct FrameRow;
  [[nodiscard]] static const FrameRow& frame_row(FrameType type);
  [[nodiscard]] static links::FrameTypes frames_of_links();
  [[nodiscard]] static links::FrameTypes frames_of_peers();
  void link_bytes(StreamId link, std::string_view bytes);
  void peer_bytes(StreamId peer, std::string_view bytes);
  void take_batch(unsigned sibling, std::string_view batch);
  [[nodiscard]] static Origin of_sibling(unsigned sibling, const Frame& frame) {
    return {.kind = Origin::Kind::sibling, .sibling = static_cast<std::uint16_t>(sibling), .id = frame.id};
  }
  [[nodiscard]] bool take_reply(NodeIndex node, const Frame& frame);
  [[nodiscard]] bool take_news(NodeIndex node, const Frame& frame);
  [[nodiscard]] bool take_words(NodeIndex node, const Frame& frame);
  [[nodiscard]] std::string_view take_ask(StreamId peer, const Frame& frame);
  void take_sibling_reply(unsigned sibling, const Frame& frame);
  void take_sibling_words(unsigned sibling, const Frame& frame);
  void take_sibling_ask(unsigned sibling, const Frame& frame);
  void take_sibling_question(unsigned sibling, const Frame& frame);
  void take_holders(unsigned sibling, const Frame& frame);

  // ---- serving.cpp ----
  [[nodiscard]] std::string_view take_request(StreamId peer, const Frame& frame);
  void take_sibling_request(unsigned sibling, const Frame& frame);
  void prefetch_keys(std::string_view frames);
  void serve(const Origin& origin, Slot slot, const peer::Request& request, Args args, std::string_view body);
  // `spec` is null for a step of relocate.hpp.
  void serve_slot(const Origin& origin, Slot slot, Route route, const peer::Request& request,
                  const Spec* spec, Args args, std::string_view body);

  // ---- parts.cpp ----
  bool take_split_command(Client& client, const Spec& spec, Args args);
  bool take_pair_command(Client& client, const Spec& spec, Args args);
  bool take_wide_command(Client& client, const Spec& spec, Args args);
  [[nodiscard]] gather::Head head_of(command::Merge merge, const Origin& asker, resp::Version version);
  [[nodiscard]] gather::Head wide_head_of(Client& client, command::Merge merge);
  // Asks all nodes for their part of `args`.
  void gather_nodes(Client& client, const command::Execution& does, bool write, Args args);
  // Asks all shards of this node. False: commands of the client are under way that come first.
  bool ask_shards(Client& client, command::Merge merge, Args args);
  void run_node_part(const Origin& origin, resp::Version version, bool write, Args args);
  Lsn run_shard_part(Args args, resp::Version version, Bytes& out);
  [[nodiscard]] bool takes_part(NodeIndex node) const;
  [[nodiscard]] bool is_asked(const command::Execution& does, NodeIndex node, Args args) const;
  [[nodiscard]] std::vector<NodeIndex> nodes_asked(const command::Execution& does, Args args) const;
  [[nodiscard]] std::string down_target(const std::vector<Slot>& slots);

  // ---- gathering.cpp ----
  void run_gathers();
  void ask(const gather::Ask& ask, Args args);
  void ask_node(const gather::Ask& ask, Args args);
  void ask_shard(const gather::Ask& ask, Args args);
  void ask_holder(const gather::Ask& ask, Args args);
  void run_part(const gather::Ask& ask, Args args);
  void part_done(const Origin& part, Outcome outcome, std::string_view body, Lsn lsn = 0);
  [[nodiscard]] gather::Whereabouts whereabouts(const SlotSet& slots) const;
  [[nodiscard]] std::string why_missing(Slot slot, bool out_of_time) const;
  void carry_out(const gather::Locate& locate);
  void carry_out(const gather::Explain& explain);
  void carry_out(const gather::Account& account);
  void carry_out(gather::Reply& reply);
  void carry_out(gather::Report& report);

  // ---- all_keys.cpp ----
  [[nodiscard]] static bool is_for_nodes(const Spec& spec, Args args);
  void begin_roll_call(Client& client, const Spec& spec, Args args);
  bool take_partial(Client& client, Args args);
  [[nodiscard]] std::optional<gather::Roll> roll_of(Args args) const;
  [[nodiscard]] SlotSet slots_served(const SlotSet& wanted) const;
  Lsn run_part_of_all_keys(const Spec& spec, Args args, resp::Version version, Bytes& out);
  [[nodiscard]] std::string why_not_all(bool write);
  void pick_key(const SlotSet& slots, ReplyWriter& reply);

  // ---- scan.cpp ----
  bool take_scan(Client& client, Args args, bool partial = false);
  [[nodiscard]] unsigned scan_width(std::size_t count) const;

  // ---- builtins.cpp ----
  bool take_connection_command(Client& client, const Spec& spec, Args args);
  bool take_node_command(Client& client, const Spec& spec, Args args);
  bool carry_out(Client& client, const Spec& spec, Args args, const command::Step& step);
  bool take_order(Client& client, const command::Execution& does, Args args);
  void answer_builtin(Client& client, const Spec& spec, Args args, Bytes& out);
  void list_clients(Args part, ReplyWriter& reply);
  void kill_clients(Args part, ReplyWriter& reply);
  void reset_counts();
  void set_config(Args args, ReplyWriter& reply);

  ShardConfig config_;  // set once
  std::shared_ptr<const cluster::View> view_;

  ShardTunables tunables_;
  Now now_;
  Effects effects_;
  ClientMemory memory_;
  TurnQueue turns_{effects_.again};  // of clients and peers
  clients::Clients clients_;
  Random random_;
  engine::Engine engine_;
  ownership::Ownership ownership_;
  links::Links links_;
  links::Peers peers_;
  links::Siblings siblings_;
  Ways ways_{links_, siblings_};
  forward::Forwarder forwarder_;
  Telling telling_;
  Linking linking_;
  // What is changed of slots that are given away.
  struct GivenChanges final : engine::ChangeFeed::Subscriber {
    explicit GivenChanges(Core& of) : core(of) {}
    void changed(Slot slot, std::string_view effects, Lsn) override { core.changed(slot, effects); }
    Core& core;
    bool subscribed = false;
  };
  GivenChanges given_changes_{*this};
  AfterSync after_sync_;
  Orders orders_{config_, view_, tunables_, now_, ownership_, effects_};
  Numbered<handoff::Question> questions_;  // asked; by Origin::id
  Numbered<Origin> tickets_;               // who asked
  forward::Waiters waiters_;
  forward::GatedReplies gated_;
  Counters counters_;
  std::uint64_t served_before_tick_ = 0;  // commands on keys, executed or forwarded

  gather::Gathers gathers_{config_.self, config_.shards, view_};
  std::uint64_t delivered_count_ = 0;  // bytes of replies, to whomever, since the start
  Figures figures_{config_,    view_,  tunables_, now_,    engine_,  ownership_,
                   forwarder_, links_, clients_,  memory_, counters_};
  bool draining_ = false;

  // Scratch, reused from command to command.
  std::vector<std::string_view> request_args_;  // of the request that is being served
  Bytes served_reply_;                          // what it is answered
  Bytes passed_on_body_;                        // of one that goes on to another node, with one hop more
  Bytes scratch_;                               // the body of a request on its way out
};

}  // namespace limpet::shard
