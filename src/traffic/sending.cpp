#include <limpet/clients/replies.hpp>
#include <limpet/traffic/sending.hpp>

namespace limpet::traffic {

using forward::Forwarder;
using peer::Outcome;

namespace {
constexpr std::string_view kNotAnswered = " did not answer within the forward time-out";
}

bool Sending::has_room(forward::Target target, const clients::Client& client) {
  return forwarder_.has_room(target, client.replies.next_may_have(), client.id);
}

peer::Request Sending::first_hop(peer::Reach reach, resp::Version version, bool authenticated) const {
  return {.epoch = view_->epoch,
          .hops = 1,
          .version = static_cast<std::uint8_t>(version),
          .authenticated = authenticated,
          .reach = reach};
}

std::size_t Sending::begin(const Parcel& parcel, peer::Reach reach, resp::Version version, bool authenticated,
                           command::Args args) {
  peer::Request request = first_hop(reach, version, authenticated);
  // On the way to a sibling it has not left the node yet.
  if (parcel.target.is_sibling) request.hops = 0;
  body_.clear();
  peer::append_request(body_, request, args);
  pass_on(parcel, body_.view(), 0);
  return body_.size();
}

void Sending::pass_on(const Parcel& parcel, std::string_view body, std::uint8_t hops) {
  const forward::Target target = parcel.target;
  const forward::Transport::State state = forwarder_.state(target);
  if (state == forward::Transport::State::fails) {
    return delivery_.deliver(parcel.origin, Outcome::unavailable,
                             linking_.why_unreachable(target.index, parcel.slot));
  }
  clients::Client* const client = parcel.origin.is_entry() ? clients_.find(parcel.origin.stream) : nullptr;
  const std::size_t bytes = sizeof(forward::Pending) + sizeof(clients::Place) + body.size();
  forwarder_.submit({.target = target,
                     .slot = parcel.slot,
                     .origin = parcel.origin,
                     .body = body,
                     .write = parcel.write,
                     .client_is_there = client != nullptr,
                     .hops = hops,
                     .large_reply = client != nullptr ? client->replies.next_may_have() : 0,
                     .charged = client != nullptr ? delivery_.charge(*client, bytes)
                                                  : delivery_.charge(parcel.origin, bytes)},
                    state, deadline_ms());
}

void Sending::pass_on_further(const Parcel& parcel, std::string_view body, std::uint8_t hops) {
  body_.clear();
  body_.append(body);
  peer::set_hops(body_, static_cast<std::uint8_t>(hops + 1));
  pass_on(parcel, body_.view(), hops);
}

std::string Sending::why_ended(const Forwarder::Action& action) const {
  const auto who = [&] {
    return action.target.is_sibling ? "shard " + std::to_string(action.target.index)
                                    : "node " + view_->nodes[action.target.index].name;
  };
  const bool in_doubt = action.outcome == Outcome::in_doubt;
  switch (action.why) {
    case Forwarder::Why::unreachable:
      return linking_.why_unreachable(action.target.index, action.slot);
    case Forwarder::Why::lost:
      return "INDOUBT the connection to " + who() + " was lost; the command may have been executed";
    case Forwarder::Why::unowned:
      return "TRYAGAIN no node says that slot " + std::to_string(action.slot) +
             " is its own: the nodes run different cluster files";
    case Forwarder::Why::timed_out:
      break;
  }
  return (in_doubt ? "INDOUBT " : "CLUSTERDOWN ") + who() + std::string(kNotAnswered) +
         (in_doubt ? "; the command may have been executed" : "");
}

}  // namespace limpet::traffic
