#include <algorithm>
#include <limpet/base/limits.hpp>
#include <limpet/links/link.hpp>
#include <utility>

namespace limpet::links {

using peer::Frame;
using peer::FrameType;

namespace {

// At none of its addresses, each of which may stand in front of what came of it.
bool nobody_listens(std::string_view reason) {
  for (std::size_t end = 0; end != std::string_view::npos;) {
    end = reason.find("; ");
    if (!reason.substr(0, end).ends_with(kNobodyListens)) return false;
    if (end != std::string_view::npos) reason.remove_prefix(end + 2);
  }
  return true;
}

}  // namespace

Link::Verdict Link::verdict() const {
  switch (state_) {
    case LinkState::up:
      if (leaving_) return Verdict::fail;
      // It is about to be closed: nothing more goes out on it.
      return failure_.empty() ? Verdict::send : Verdict::wait;
    case LinkState::idle:
    case LinkState::dialing:
    case LinkState::greeting:
      // Only a first dial, or the one right after a link that was up, is worth waiting for.
      return backoff_ms_ == 0 ? Verdict::wait : Verdict::fail;
    case LinkState::quiet:
    case LinkState::backing_off:
      return Verdict::fail;
  }
  return Verdict::fail;
}

std::string Link::why(Now now) const {
  if (up() && leaving_) return "it is stopping";
  if (state_ == LinkState::quiet) {
    return "it has not answered for " + std::to_string(now.steady_ms - heard_ms_) + " ms";
  }
  return last_error_.empty() ? "no connection yet" : last_error_;
}

void Link::dialing(StreamId id, Stream& stream, Now now) {
  state_ = LinkState::dialing;
  id_ = id;
  lanes_.emplace(stream.out);
  since_ms_ = now.steady_ms;
  dial_goes_on("connecting", kDialMs, now);
  leaving_ = false;
  gave_goodbye_ = false;
  was_up_ = false;
  failure_.clear();
}

void Link::dial_goes_on(std::string_view doing, std::int64_t ms, Now now) {
  doing_ = doing;
  dial_by_ms_ = now.steady_ms + ms;
}

void Link::connected(peer::Greeting mine, Now now) {
  state_ = LinkState::greeting;
  since_ms_ = now.steady_ms;
  mine_ = std::move(mine);
  Bytes body;
  append_greeting(body, mine_);
  lanes_->send({.type = FrameType::greet, .body = body.view()});
}

Result<bool> Link::greeted(const Frame& frame, std::string_view expected_node, const Secrets& secrets,
                           Now now) {
  Result<bool> greeted = take_greeting(frame, expected_node, secrets, now);
  refused_ = !greeted;
  return greeted;
}

Result<bool> Link::take_greeting(const Frame& frame, std::string_view expected_node, const Secrets& secrets,
                                 Now now) {
  switch (frame.type) {
    case FrameType::greet: {
      Result<peer::Greeting> greeting = peer::read_greeting(frame.body);
      if (!greeting) return tl::unexpected(std::move(greeting.error()));
      if (greeting->cluster != mine_.cluster) {
        return fail(Code::refused, "it belongs to cluster '" + greeting->cluster + "'");
      }
      if (greeting->node != expected_node) {
        return fail(Code::refused, "the node there is called '" + greeting->node + "'");
      }
      theirs_ = std::move(*greeting);
      const std::string proof = make_proofs(secrets, peer::Side::dialler, mine_, theirs_);
      lanes_->send({.type = FrameType::proof, .body = proof});
      return false;
    }
    case FrameType::welcome:
      // Without a greeting before it there is nothing that the proof could be checked against.
      if (theirs_.node != expected_node ||
          !peer::proved_secret(secrets, frame.body, peer::Side::acceptor, mine_, theirs_)) {
        return fail(Code::refused, "it does not know the cluster's secret");
      }
      state_ = LinkState::up;
      was_up_ = true;
      foreign_.clear();
      since_ms_ = now.steady_ms;
      failures_in_a_row_ = 0;
      last_error_.clear();
      return true;
    case FrameType::refuse:
      return fail(Code::refused, "it refused this node: " + std::string(frame.body));
    default:
      return fail(Code::bad_input, "it sent an unexpected frame");
  }
}

void Link::heard(const Frame& frame, Now now) {
  heard_ms_ = now.steady_ms;
  if (state_ == LinkState::quiet) state_ = LinkState::up;
  if (frame.type == FrameType::pong) {
    round_trip_us_ = (now.steady_ms - static_cast<std::int64_t>(frame.id)) * 1000;
  }
}

void Link::lost(std::string_view reason, Now now, std::uint64_t random) {
  ++failures_;
  ++failures_in_a_row_;
  informed_ = false;
  const bool unanswered = state_ == LinkState::greeting && !foreign_.empty();
  const bool nobody = nobody_listens(reason) || (was_up_ && leaving_);
  const bool refused = std::exchange(refused_, false) || unanswered;
  last_manner_ = refused ? Manner::refuses : nobody ? Manner::gone : Manner::silent;
  last_error_ = !failure_.empty() ? std::exchange(failure_, {}) : unanswered ? foreign_ : std::string(reason);
  theirs_ = {};
  if (lanes_) lanes_->reset();
  lanes_.reset();
  if (was_up_ && now.steady_ms - since_ms_ >= kLinkProvedMs) {
    backoff_ms_ = 0;
    // It worked a moment ago, so the next dial comes at once, and commands may wait for it.
    state_ = LinkState::idle;
    next_dial_ms_ = now.steady_ms;
    was_up_ = false;
    return;
  }
  was_up_ = false;
  back_off(now, random);
}

void Link::back_off(Now now, std::uint64_t random) {
  backoff_ms_ = std::clamp(backoff_ms_ * 2, kBackoffMinMs, kBackoffMaxMs);
  // Between half of the wait and all of it, so that nodes that lost the same one do not dial in step.
  const std::int64_t half = backoff_ms_ / 2;
  next_dial_ms_ =
      now.steady_ms + half + static_cast<std::int64_t>(random % static_cast<std::uint64_t>(half + 1));
  state_ = LinkState::backing_off;
}

bool Link::seen_alive() {
  forgive();
  if (state_ == LinkState::up || state_ == LinkState::quiet) return false;
  backoff_ms_ = 0;
  if (state_ != LinkState::backing_off) return false;
  state_ = LinkState::idle;
  next_dial_ms_ = 0;
  return true;
}

// A name server may take its time; commands do not wait for one.
Link::Wish Link::tick_dial(Now now) {
  const auto longer_than = [this](std::int64_t ms) {
    return doing_ + " took longer than " + std::to_string(ms) + " ms";
  };
  if (now.steady_ms >= dial_by_ms_) {
    failure_ = longer_than(std::max(kDialMs, dial_by_ms_ - since_ms_));
    return Wish::close;
  }
  if (backoff_ms_ > 0 || now.steady_ms - since_ms_ < kDialMs) return Wish::nothing;
  backoff_ms_ = kBackoffMinMs;
  last_error_ = longer_than(kDialMs);
  return Wish::fail_waiting;
}

Manner Link::manner() const {
  if (state_ != LinkState::up) return last_manner_;
  return leaving_ ? Manner::gone : Manner::linked;
}

Link::Wish Link::tick(Now now) {
  switch (state_) {
    case LinkState::idle:
    case LinkState::backing_off:
      return now.steady_ms >= next_dial_ms_ ? Wish::dial : Wish::nothing;
    case LinkState::dialing:
      return tick_dial(now);
    case LinkState::greeting:
      heard_ms_ = ping_ms_ = now.steady_ms;
      if (now.steady_ms - since_ms_ < kGreetingMs) return Wish::nothing;
      failure_ = "it did not answer the greeting";
      return Wish::close;
    case LinkState::up:
    case LinkState::quiet:
      break;
  }
  const std::int64_t silence = now.steady_ms - heard_ms_;
  if (silence >= kPeerDeadMs) {
    failure_ = why(now);
    was_up_ = false;  // a dial would have to go through the same silence: do not let commands wait for it
    return Wish::close;
  }
  if (silence >= kPeerQuietMs) {
    state_ = LinkState::quiet;
    last_manner_ = Manner::silent;
  }
  if (now.steady_ms - ping_ms_ >= kPingEveryMs) {
    ping_ms_ = now.steady_ms;
    lanes_->send({.type = FrameType::ping, .id = static_cast<std::uint64_t>(now.steady_ms)});
  }
  return Wish::nothing;
}

PeerStats Link::stats() const {
  PeerStats stats;
  stats.state = state_;
  stats.failures_total = failures_;
  stats.round_trip_us = round_trip_us_;
  stats.sessions = sessions_;
  if (verdict() != Verdict::send) stats.last_error = last_error_;
  return stats;
}

}  // namespace limpet::links
