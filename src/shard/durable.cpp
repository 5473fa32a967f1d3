// Replies that wait until what they show is safe (engine/durability.hpp).
//
// Each command says how much of the stream of changes its reply shows: its own changes, or for a read the
// last change of its slot. A client whose replies show more than is safe keeps all of them, and is not parsed
// on meanwhile; a reply to a sibling or peer waits in a queue. So a shard never waits for a disk, and who
// reads what nobody writes does not either.
#include <algorithm>
#include <utility>

#include "core.hpp"

namespace limpet::shard {

namespace {
constexpr std::string_view kNoRoomToHold =
    "INDOUBT there is no room for its reply: too many wait for the disk";
}

void Core::defer_reply(const Origin& origin, Outcome outcome, std::string_view body, std::uint64_t needs) {
  if (!gated_.has_room(origin, body.size())) return deliver(origin, Outcome::in_doubt, kNoRoomToHold);
  forward::GatedReply reply;
  reply.lsn = needs;
  reply.origin = origin;
  reply.outcome = outcome;
  reply.body.append(body);
  reply.charged = charge(origin, sizeof reply + body.size());
  gated_.add(std::move(reply));
}

void Core::durable(std::uint64_t position) {
  engine_.durable(position);
  release_replies();
}

void Core::release_replies() {
  while (const auto reply = gated_.next(safe())) {
    give_back(reply->origin, reply->charged);
    deliver(reply->origin, reply->outcome, reply->body.view());
  }
  clients_.release(safe());
}

void Core::take_changes() {
  if (engine_.has_changes()) effects_.changes = engine_.take_changes();
}

void Core::end_changes() {
  Bytes last = engine_.take_last_changes();
  if (!last.empty()) effects_.changes = std::move(last);
}

void Core::journal_trouble(const std::string& why) { engine_.durability().set_trouble(why); }

void Core::journal_failed(const std::string& why) {
  engine_.durability().fail(why);
  if (ownership_.moves_slots()) fail_titles(why);
  // What they did is in memory and may be on the disk or not: nobody is told that it is.
  while (const auto reply = gated_.take_first()) {
    give_back(reply->origin, reply->charged);
    deliver(reply->origin, Outcome::in_doubt, "INDOUBT " + why + "; the command may be lost at a restart");
  }
  clients_.abort_gated();
  engine_.durability().wait_no_more();
}

}  // namespace limpet::shard
