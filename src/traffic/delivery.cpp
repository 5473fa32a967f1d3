#include <algorithm>
#include <limpet/resp/reply.hpp>
#include <limpet/traffic/delivery.hpp>
#include <utility>

namespace limpet::traffic {

using forward::Origin;
using peer::FrameType;
using peer::Outcome;
using Whose = ClientMemory::Whose;

namespace {
constexpr std::string_view kNoRoomToHold =
    "INDOUBT there is no room for its reply: too many wait for the disk";
}

void Delivery::deliver(const Origin& origin, Outcome outcome, std::string_view body, Lsn needs,
                       std::size_t charged) {
  if (needs > safe()) {
    give_back(origin, charged);
    return defer(origin, outcome, body, needs);
  }
  if (needs > 0 && !doubted_.empty()) [[unlikely]] {
    if (const Doubted* const found = doubted(needs))
      return deliver(origin, Outcome::in_doubt, found->why, 0, charged);
  }
  delivered_ += body.size();
  // Clients and peers are found once, for both.
  if (origin.kind != Origin::Kind::client && origin.kind != Origin::Kind::peer) give_back(origin, charged);
  switch (origin.kind) {
    case Origin::Kind::nobody:
      return;
    case Origin::Kind::client: {
      clients::Client* const client = clients_.find(origin.stream);
      give_back(client, charged);
      return deliver_to_client(client, origin, outcome, body);
    }
    case Origin::Kind::gather:
      return part_done(origin, outcome, body);
    case Origin::Kind::handoff: {
      HandoffAnswer& answer = handoff_answers_.emplace_back();
      answer.question = origin.id;
      answer.outcome = outcome;
      answer.body.append(body);
      return;
    }
    case Origin::Kind::sibling:
      siblings_.send(origin.sibling, {.type = FrameType::reply,
                                      .bits = static_cast<std::uint8_t>(outcome),
                                      .id = origin.id,
                                      .body = body});
      return;
    case Origin::Kind::peer:
      return peers_.reply(origin.stream, origin.id, outcome, body, charged);
  }
}

void Delivery::part_done(const Origin& part, Outcome outcome, std::string_view body, Lsn lsn) {
  gathers_.answered(part, outcome, body, is_there(part.stream), lsn);
}

bool Delivery::is_there(StreamId asker) const {
  return asker.kind == StreamKind::peer ? peers_.stream(asker) != nullptr : clients_.find(asker) != nullptr;
}

void Delivery::deliver_to_client(clients::Client* client, const Origin& origin, Outcome outcome,
                                 std::string_view body) {
  if (client == nullptr || client->broken) return;
  if (outcome == Outcome::done) {
    origin.place->reply.append(body);
  } else {
    ++(outcome == Outcome::in_doubt ? counters_.forward_indoubt : counters_.forward_errors);
    ++counters_.error_replies;
    resp::ReplyWriter(origin.place->reply, client->version)
        .error(outcome == Outcome::not_mine ? "TRYAGAIN the owner of this slot is changing" : body);
  }
  clients_.complete(*client, origin.place, safe(), now_);
  if (!client->broken && client->replies.awaited() == 0) forwarder_.all_answered(client->id);
}

void Delivery::refuse(clients::Client& client, std::string_view error) {
  ++counters_.error_replies;
  clients_.reply(client, [&](Bytes& out) { resp::ReplyWriter(out, client.version).error(error); });
}

void Delivery::refuse_unserved(clients::Client& client, std::string_view error) {
  ++counters_.forward_errors;
  refuse(client, error);
}

// ---- What is safe ----

void Delivery::defer(const Origin& origin, Outcome outcome, std::string_view body, Lsn needs) {
  if (!gated_.has_room(origin, body.size())) return deliver(origin, Outcome::in_doubt, kNoRoomToHold);
  forward::GatedReply reply;
  reply.lsn = needs;
  reply.origin = origin;
  reply.outcome = outcome;
  reply.body.append(body);
  reply.charged = charge(origin, sizeof reply + body.size());
  gated_.add(std::move(reply));
}

void Delivery::release() {
  while (const auto reply = gated_.next(safe())) {
    deliver(reply->origin, reply->outcome, reply->body.view(), 0, reply->charged);
  }
  clients_.release(safe());
}

void Delivery::fail(const std::string& why) {
  while (const auto reply = gated_.take_first()) {
    deliver(reply->origin, Outcome::in_doubt, "INDOUBT " + why + "; the command may be lost at a restart", 0,
            reply->charged);
  }
  clients_.abort_gated(kEndOfAll);
}

// A client's own replies stand there as they are to be sent, and cannot be told apart.
void Delivery::doubt(Lsn behind, Lsn up_to, std::string_view why) {
  constexpr std::size_t kRemembered = 64;
  doubted_.push_back({behind, up_to, std::string(why)});
  if (doubted_.size() > kRemembered) doubted_.pop_front();
  for (const forward::GatedReply& reply : gated_.take_within(behind, up_to))
    deliver(reply.origin, Outcome::in_doubt, why, 0, reply.charged);
  clients_.abort_gated(up_to);
}

const Delivery::Doubted* Delivery::doubted(Lsn needs) const {
  const auto found = std::find_if(doubted_.begin(), doubted_.end(), [needs](const Doubted& one) {
    return one.behind < needs && needs <= one.up_to;
  });
  return found != doubted_.end() ? &*found : nullptr;
}

// ---- What is kept for whoever asked ----

std::size_t Delivery::charge(const Origin& origin, std::size_t bytes) {
  if (origin.stream.kind == StreamKind::peer) return peers_.charge(origin.stream, bytes);
  clients::Client* const client = clients_.find(origin.stream);
  return client != nullptr ? charge(*client, bytes) : 0;
}

void Delivery::give_back(const Origin& origin, std::size_t charged) {
  if (charged == 0) return;
  if (origin.stream.kind == StreamKind::peer) return peers_.give_back(origin.stream, charged);
  give_back(clients_.find(origin.stream), charged);
}

void Delivery::give_back(clients::Client* client, std::size_t charged) {
  if (charged > 0) memory_.give_back(Whose::client, client != nullptr ? &client->memory : nullptr, charged);
}

}  // namespace limpet::traffic
