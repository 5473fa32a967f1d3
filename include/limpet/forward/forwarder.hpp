// Forwarder: the commands that a shard has sent on, to another shard of its node or to another node: their
// sending, their answers, second tries and time-outs, and who has to wait for room on the way.
//
// The rules, and why:
//   - What did not leave this node, and a read, may be sent again: nothing can happen twice.
//   - A write that left and whose answer did not come is never sent again: its client is told -INDOUBT.
//   - Only the node where the client is tries again; one on the way passes on what it learnt.
//   - A read is not sent again if a later write of the same client has left: it would see the future.
//
// Owned by a shard, on its thread. It sends through a Transport, and knows no client, no link and no slot's
// owner. What its user is to do stands in actions(), in the order in which it is to be done; answers that
// carry bytes are returned at once, so that nothing is copied.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <limpet/base/bytes.hpp>
#include <limpet/base/time.hpp>
#include <limpet/forward/overtaking.hpp>
#include <limpet/forward/pending.hpp>
#include <limpet/forward/relay_order.hpp>
#include <limpet/forward/transport.hpp>
#include <limpet/forward/under_way.hpp>
#include <limpet/ownership/route.hpp>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace limpet::forward {

class Forwarder {
 public:
  // A command to be sent on. `body`: as it stands in a request frame.
  struct Command {
    Target target{};
    Slot slot = kNoSlot;
    Origin origin{};
    std::string_view body{};
    bool write = false;
    bool client_is_there = false;   // whose command it is, by `origin`
    std::uint8_t hops = 0;          // with which it came here; 0: it begins its way here
    std::uint32_t large_reply = 0;  // what its reply may come to, if that counts
    std::size_t charged = 0;        // to whoever asked, for as long as it is under way
  };
  // Why a command has no reply.
  enum class Why : std::uint8_t {
    unreachable,  // its target is
    lost,         // the connection to its target was lost
    timed_out,    // no answer came in time
    unowned,      // nobody said that the slot is its own
  };
  struct Action {
    enum class Kind : std::uint8_t {
      wake,   // a client may go on: `origin.stream`
      dial,   // a node, for whose link commands wait: `target`
      end,    // a command has no reply: `why`, `outcome`
      serve,  // a command is to be served here: `body`
    };
    Kind kind{};
    Origin origin{};
    Target target{};
    Slot slot = kNoSlot;
    peer::Outcome outcome = peer::Outcome::unavailable;
    Why why = Why::unreachable;
    std::size_t charged = 0;  // to be given back
    Bytes body{};
  };
  // Of a command that was answered.
  struct Answered {
    Origin origin{};
    std::size_t charged = 0;  // to be given back
    bool nobody_owned =
        false;              // it has not run anywhere, and is tried again; else the answer goes to its origin
    bool was_read = false;  // it could not have changed anything
    Slot slot = kNoSlot;
  };
  struct Counts {
    std::uint64_t to_siblings = 0;
    std::uint64_t to_nodes = 0;
    std::uint64_t retries = 0;
  };

  // `slots_move`: commands of others' clients may have to be passed on, and come back.
  Forwarder(Transport& transport, bool slots_move) : transport_(transport), slots_move_(slots_move) {}

  // ---- Sending ----
  // Is there room on the way to this target for one more command of the client? If not, it is woken once
  // there is.
  [[nodiscard]] bool has_room(Target target, std::uint32_t large_reply, StreamId client);
  [[nodiscard]] Transport::State state(Target target) const { return transport_.state(target); }
  // `state`: of the target, by now. REQUIRES: it does not fail.
  void submit(const Command& command, Transport::State state, std::int64_t deadline_ms);
  // A question about a hand-over, which is not tried again. REQUIRES: the target sends.
  void ask(Target target, Slot slot, const Origin& origin, std::string_view body, std::int64_t deadline_ms);

  // ---- What happens ----
  // None: its time ran out before, or it never was.
  [[nodiscard]] std::optional<Answered> answered(std::uint64_t id, peer::Outcome outcome, Now now);
  // The last piece of a frame has its place in the target's stream.
  void placed(std::uint64_t id, std::uint64_t end);
  // What waits for the node's link goes out; or nothing is to wait for it any more.
  void link_is_up(std::uint16_t node);
  void fail_waiting(std::uint16_t node);
  // So many bytes of it had left. `is_there`: the client still is. To be followed by fail_waiting() if
  // nothing is to wait for the link, once it is known what it does now.
  void link_is_lost(std::uint16_t node, std::uint64_t written, const std::function<bool(StreamId)>& is_there);
  // Much of what stood in the way of others has left.
  void has_drained(Target target) { wake_all(traffic(target)); }
  // Commands for the slot go another way from now on.
  void rerouted(Slot slot) { overtaking_.rerouted(slot, pending_.latest_deadline_ms()); }
  // Time has passed: what has had its time ends; what nobody owned is tried again, later. `route`: where a
  // slot's commands go now.
  void expire(Now now);
  void retry(const std::function<ownership::Route(Slot)>& route, Now now);
  // Nothing of this client is under way; it is gone.
  void all_answered(StreamId client);
  void gone(StreamId client);
  // Nobody wants what is under way for the client, or it once more. Returns what was charged for it.
  [[nodiscard]] std::size_t abandon(StreamId client);

  // ---- What to do ----
  [[nodiscard]] std::vector<Action>& actions() { return actions_; }
  [[nodiscard]] const std::vector<Action>& actions() const { return actions_; }

  // ---- To see ----
  // May commands of the client not be taken, as some that nobody owned are tried again?
  [[nodiscard]] bool holds_up(StreamId client) const {
    return !bounced_of_.empty() && bounced_of_.contains(client);
  }
  [[nodiscard]] Overtaking& overtaking() { return overtaking_; }
  [[nodiscard]] const Overtaking& overtaking() const { return overtaking_; }
  [[nodiscard]] RelayOrder& relays() { return relays_; }
  [[nodiscard]] const RelayOrder& relays() const { return relays_; }
  // Where the answer to that command goes; null: it is not under way.
  [[nodiscard]] const Origin* origin_of(std::uint64_t id);
  [[nodiscard]] std::size_t under_way() const { return pending_.size(); }
  [[nodiscard]] std::size_t unanswered(std::uint16_t node) const;
  [[nodiscard]] std::uint64_t sent_total(std::uint16_t node) const;
  [[nodiscard]] Counts& counts() { return counts_; }
  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  // What is under way to one node, and what waits for its link.
  struct ToNode {
    UnderWay traffic;
    std::deque<std::uint64_t> waiting;  // ids, oldest first
    std::size_t waiting_bytes = 0;
    std::uint64_t total = 0;
  };

  ToNode& node(std::uint16_t index) {
    if (nodes_.size() <= index) nodes_.resize(index + std::size_t{1});
    return nodes_[index];
  }
  UnderWay& traffic(Target target) {
    if (!target.is_sibling) return node(target.index).traffic;
    if (siblings_.size() <= target.index) siblings_.resize(target.index + std::size_t{1});
    return siblings_[target.index];
  }
  void send(Pending& pending, std::string_view body, peer::FrameType type);
  void wait_for_link(Pending& pending);
  void end(Pending& pending, peer::Outcome outcome, Why why);
  void leave_traffic(Pending& pending);
  // It is no longer under way: what must not overtake it may go. Returns what was charged for it.
  std::size_t release(Pending& pending);
  std::size_t release_successors(Pending& pending);
  void bounce(Pending& pending, Now now);
  void unbounce(const Pending& pending);
  void try_again(Pending& pending, const std::function<ownership::Route(Slot)>& route, Now now);
  [[nodiscard]] bool can_go_again(const Pending& pending, bool left,
                                  const std::function<bool(StreamId)>& is_there) const;
  void wake(StreamId client);
  void wake_all(UnderWay& traffic);

  Transport& transport_;
  bool slots_move_;
  PendingTable pending_;
  RelayOrder relays_;
  Overtaking overtaking_;
  std::vector<ToNode> nodes_;
  std::vector<UnderWay> siblings_;
  std::vector<std::uint64_t> bounced_;
  std::unordered_map<StreamId, std::uint32_t, StreamIdHash> bounced_of_;  // of clients: how many of them
  std::unordered_map<StreamId, std::uint64_t, StreamIdHash>
      last_writes_;  // of clients with commands under way: its sequence
  std::uint64_t sequence_ = 0;
  Counts counts_;
  std::vector<Action> actions_;
};

}  // namespace limpet::forward
