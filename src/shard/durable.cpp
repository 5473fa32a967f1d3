// The journal, as a shard sees it: what must be safe before a reply may leave.
//
// Each command says how much of the stream of changes its reply shows: its own changes, or for a read the
// last change of its slot. A client whose replies show more than is safe keeps all of them, and is not parsed
// on meanwhile; a reply to a sibling or peer waits in a queue. So a shard never waits for a disk, and who
// reads what nobody writes does not either.
#include <algorithm>
#include <limits>
#include <utility>

#include "core.hpp"

namespace limpet::shard {

namespace {
constexpr std::string_view kNoRoomToHold =
    "INDOUBT there is no room for its reply: too many wait for the disk";
}

// What the reply of a read shows of the stream.
std::uint64_t Core::shown_by(const Spec& spec, Args args, const KeyRef* key) const {
  if (key != nullptr) return journal_->position_of(key->slot);
  // Commands about all keys say that some are there, and not what they hold.
  if (spec.route_key() == 0) return 0;
  std::uint64_t position = 0;
  const std::size_t last = spec.many_keys() ? spec.last_key_of(args.size()) : spec.route_key();
  const std::size_t step = spec.many_keys() ? static_cast<std::size_t>(spec.key_step) : 1;
  for (std::size_t at = spec.route_key(); at <= last && at < args.size(); at += step) {
    position = std::max(position, journal_->position_of(slot_of(args[at])));
  }
  return position;
}

// A command has run that began at this position of the stream: what has to be safe before its reply leaves?
std::uint64_t Core::needs_of(const Spec& spec, Args args, const KeyRef* key, std::uint64_t began) {
  journal_->end_command();
  const std::uint64_t position = journal_->position();
  return position == durable_ ? 0 : position > began ? position : shown_by(spec, args, key);
}

// A single large request may be as much as may wait for the disk: small ones of others are taken behind it.
bool Core::refuses_write(Args args) const {
  if (!journal_trouble_.empty()) return true;
  if (journal_->position() <= durable_ + kUnwrittenBytesMax) return false;
  if (journal_->position() > durable_ + kUnwrittenBytesMax + kUnwrittenSmallBytes) return true;
  std::size_t bytes = 0;
  for (const std::string_view arg : args) bytes += arg.size();
  return bytes > kSmallWriteBytes;
}

std::string Core::write_refusal() const {
  if (!journal_trouble_.empty()) return "MISCONF " + journal_trouble_ + ": writes are refused, reads go on";
  return "BUSY the disk does not keep up with what is written; try again later";
}

void Core::owe(Client& client, std::uint64_t position) {
  client.needs = std::max(client.needs, position);
  if (!std::exchange(client.undurable, true)) undurable_.push_back(client.id);
}

void Core::hold(const Origin& origin, Outcome outcome, std::string_view body, std::uint64_t needs) {
  const bool for_sibling = origin.kind == Origin::Kind::sibling;
  if (for_sibling && held_for_siblings_ > kLinkBytesMax && body.size() > kFirstReplyBytes) {
    return deliver(origin, Outcome::in_doubt, kNoRoomToHold);
  }
  HeldReply& held = held_replies_.emplace_back();
  held_for_siblings_ += for_sibling ? body.size() : 0;
  held.needs = needs;
  held.origin = origin;
  held.outcome = outcome;
  held.body.append(body);
  held.charged = charge(origin, sizeof held + body.size());
}

void Core::durable(std::uint64_t position) {
  durable_ = std::max(durable_, position);
  while (!held_replies_.empty() && held_replies_.front().needs <= durable_) {
    const HeldReply held = std::move(held_replies_.front());
    held_replies_.pop_front();
    give_back(held.origin, held.charged);
    held_for_siblings_ -= held.origin.kind == Origin::Kind::sibling ? held.body.size() : 0;
    deliver(held.origin, held.outcome, held.body.view());
  }
  for (const StreamId id : std::exchange(undurable_, {})) {
    Client* client = find_client(id);
    if (client == nullptr) continue;
    if (client->needs > durable_) {
      undurable_.push_back(id);
      continue;
    }
    client->undurable = false;
    touch_client(*client);
    // First the replies leave: with those of its next commands they would have to wait again.
    if (client->stalled && client->out.empty()) wake(*client);
  }
}

void Core::take_changes() {
  if (!journal_ || journal_->empty()) return;
  // A mark goes along with changes, and makes none of its own.
  if (synced_ > marked_) {
    marked_ = synced_;
    journal_->mark(marked_);
  }
  effects_.changes = journal_->take();
}

void Core::end_changes() {
  if (!journal_ || journal_failed_) return;
  journal_->mark(synced_);
  effects_.changes = journal_->take();
}

void Core::journal_trouble(const std::string& why) {
  if (!journal_failed_) journal_trouble_ = why;
}

void Core::journal_failed(const std::string& why) {
  journal_trouble_ = why;
  journal_failed_ = true;
  if (handovers_) fail_titles(why);
  // What they did is in memory and may be on the disk or not: nobody is told that it is.
  for (HeldReply& held : std::exchange(held_replies_, {})) {
    give_back(held.origin, held.charged);
    held_for_siblings_ -= held.origin.kind == Origin::Kind::sibling ? held.body.size() : 0;
    deliver(held.origin, Outcome::in_doubt, "INDOUBT " + why + "; the command may be lost at a restart");
  }
  for (const StreamId id : std::exchange(undurable_, {})) {
    if (Client* client = find_client(id)) abort(*client, id);
  }
  // From here on nothing is waited for: reads show what is in memory, and there are no more writes.
  durable_ = std::numeric_limits<std::uint64_t>::max();
}

}  // namespace limpet::shard
