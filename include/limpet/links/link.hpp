// Link: this shard's connection to one other node, as a state machine.
//
//     idle --dial--> dialing --connected--> greeting --welcome--> up <--sign of life--> quiet
//       ^               |                      |                   |                      |
//       |               +------ failed --------+---- closed -------+----------------------+
//       |                          v
//       +---- time is up ---- backing_off      (a link that was up dials again at once, one time)
//
// It knows nothing of the commands that travel on it (forward/forwarder.hpp). A link that is not up yet lets
// commands wait for the outcome of the dial; one that backs off or is quiet says no at once, so that an owner
// that is down costs a quick, clear error. The wait between dials doubles, with jitter.
#pragma once

#include <cstdint>
#include <limpet/base/result.hpp>
#include <limpet/base/secrets.hpp>
#include <limpet/base/stream.hpp>
#include <limpet/base/time.hpp>
#include <limpet/cluster/view.hpp>
#include <limpet/links/contact.hpp>
#include <limpet/links/lanes.hpp>
#include <limpet/links/link_stats.hpp>
#include <limpet/peer/frame.hpp>
#include <limpet/peer/greeting.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace limpet::links {

using cluster::NodeIndex;

// As the reason why a dial has failed: the host is there, and nobody listens.
inline constexpr std::string_view kNobodyListens = "Connection refused";

class Link {
 public:
  // What may be done with a new command.
  enum class Verdict : std::uint8_t {
    send,  // now
    wait,  // until the dial that is under way has an outcome
    fail,  // at once, with why()
  };
  // What a tick asks for.
  enum class Wish : std::uint8_t {
    nothing,
    dial,
    close,
    fail_waiting,  // the dial goes on, but no command is to wait for it any more
  };

  explicit Link(NodeIndex node) : node_(node) {}
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  [[nodiscard]] NodeIndex node() const { return node_; }
  [[nodiscard]] Verdict verdict() const;
  // Why commands fail: "connection refused", "has not answered for 1.7 s" ...
  [[nodiscard]] std::string why(Now now) const;

  // ---- Events ----
  void dialing(StreamId id, Stream& stream, Now now);
  // What is done for it now may take so much longer.
  void dial_goes_on(std::string_view doing, std::int64_t ms, Now now);
  // The stream is there: sends the greeting.
  void connected(peer::Greeting mine, Now now);
  // A frame of the greeting came. True: the link is up. Error: close it.
  Result<bool> greeted(const peer::Frame& frame, std::string_view expected_node, const Secrets& secrets,
                       Now now);
  void heard(const peer::Frame& frame, Now now);  // any frame: a sign of life; measures pongs
  // News of how it stands. All that it holds was said before the first.
  void informed(const peer::Standing& standing) {
    static_cast<peer::Standing&>(theirs_) = standing;
    informed_ = true;
  }
  // The node has dialled this one, and speaks no protocol that this one does.
  void said_foreign(std::string_view why) { foreign_ = why; }
  void counted(std::uint64_t sessions) { sessions_ = static_cast<std::int64_t>(sessions); }
  void said_goodbye() { leaving_ = true; }
  // Has the other side said goodbye, and not been answered yet?
  [[nodiscard]] bool owes_goodbye() const { return up() && leaving_ && !gave_goodbye_; }
  void gave_goodbye() { gave_goodbye_ = true; }
  // It is going to be closed for this reason, whatever the transport says later.
  void failed(std::string_view reason) { failure_ = reason; }
  // The stream is gone or could not be made. `random` spreads the next dial.
  void lost(std::string_view reason, Now now, std::uint64_t random);
  Wish tick(Now now);

  // ---- To see ----
  // It is up, and the other side has said what it holds and how it stands.
  [[nodiscard]] bool informed() const { return up() && informed_; }
  // How many sessions it held when it last said so; -1: it never has. It outlives the link.
  [[nodiscard]] std::int64_t sessions() const { return sessions_; }
  [[nodiscard]] std::uint64_t failures_in_a_row() const { return failures_in_a_row_; }
  // It is looked for as if for the first time.
  void forgive() { failures_in_a_row_ = 0; }
  // Somebody has seen it alive: it is dialled at the next occasion, and commands wait for that. True: it was
  // waiting for its next dial.
  bool seen_alive();
  [[nodiscard]] bool up() const { return state_ == LinkState::up || state_ == LinkState::quiet; }
  [[nodiscard]] LinkState state() const { return state_; }
  [[nodiscard]] StreamId id() const { return id_; }
  [[nodiscard]] Lanes& lanes() { return *lanes_; }
  [[nodiscard]] const Lanes& lanes() const { return *lanes_; }
  [[nodiscard]] PeerStats stats() const;
  [[nodiscard]] Manner manner() const;
  [[nodiscard]] const peer::Greeting& theirs() const { return theirs_; }

 private:
  Wish tick_dial(Now now);
  void back_off(Now now, std::uint64_t random);
  Result<bool> take_greeting(const peer::Frame& frame, std::string_view expected_node, const Secrets& secrets,
                             Now now);

  NodeIndex node_;
  LinkState state_ = LinkState::idle;
  StreamId id_{};
  std::optional<Lanes> lanes_;
  peer::Greeting mine_;
  peer::Greeting theirs_;
  bool leaving_ = false;       // the other side said goodbye
  bool gave_goodbye_ = false;  // and was told that nothing more will come
  bool was_up_ = false;        // since the last dial
  std::int64_t since_ms_ = 0;  // when this state began
  std::int64_t dial_by_ms_ = 0;
  std::string doing_;          // for the dial
  std::int64_t heard_ms_ = 0;  // last sign of life
  std::int64_t ping_ms_ = 0;   // last ping sent
  std::int64_t next_dial_ms_ = 0;
  std::int64_t backoff_ms_ = 0;
  std::uint64_t failures_ = 0;
  std::uint64_t failures_in_a_row_ = 0;
  bool informed_ = false;
  std::int64_t round_trip_us_ = -1;
  std::int64_t sessions_ = -1;
  Manner last_manner_ = Manner::unknown;  // while it is not up
  bool refused_ = false;                  // the greeting came to nothing
  std::string foreign_;                   // why a greeting may have no answer
  std::string failure_;                   // why this side closes it; empty: it does not
  std::string last_error_;                // why it is not up
};

}  // namespace limpet::links
