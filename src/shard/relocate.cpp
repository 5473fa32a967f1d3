// RENAME, RENAMENX and COPY from one session to another that lives on another shard or node.
//
// Three steps, each run where its key is (command/relocate.hpp): the value is read, written under the new
// name, and for a RENAME the old one is erased if it is still what was read. If it is not, somebody changed
// it meanwhile, and the new value is moved in its turn. Other clients may see both keys for a moment. The
// client whose command it is waits, so that what it sends next sees the end.
#include <array>
#include <limpet/command/errors.hpp>

#include "core.hpp"

namespace limpet::shard {

namespace {

constexpr unsigned kRoundsMax = 4;

constexpr std::string_view kBothThere =
    "INDOUBT the value is under its new name, but may still be under its old one, too: ";

bool is_one(const Gather& gather) { return gather.parts.front().reply.view().starts_with(":1"); }

}  // namespace

bool Core::take_pair_command(Client& client, const Spec& spec, Args args) {
  const Slot from = slot_of(args[1]);
  const Slot to = slot_of(args[2]);
  if (from == to) return take_session_command(client, spec, args);
  if (ownership_.slots().is_here(from) && ownership_.slots().is_here(to)) {
    run_for(client, spec, args);
    return true;
  }
  command::PairRequest request;
  if (const std::string_view error = command::parse_pair(args, request); !error.empty()) {
    admit_error(client, &spec, error);
    return true;
  }
  // Later commands of this client wait for all steps, and earlier ones come first, wherever they run.
  if (!client.replies.empty()) return false;
  if (const std::string down = down_target({from, to}); !down.empty()) {
    ++counters_.forward_errors;
    reply_error(client, down);
    return true;
  }
  for (const Slot slot : {from, to}) {
    if (ownership_.slots().route(slot).kind == Route::Kind::wait) return wait_for_slot(client, slot);
  }
  if (!has_room(ownership_.slots().route(from), client) || !has_room(ownership_.slots().route(to), client))
    return false;
  engine_.stats().called(spec);
  auto [name, gather] = begin_gather(GatherKind::relocate, keep_place(client), client.version);
  client.barrier = true;
  gather.write = true;
  gather.relocation = std::make_unique<Relocation>();
  gather.relocation->request = request;
  gather.relocation->from = args[1];
  gather.relocation->to = args[2];
  gather.authenticated = client.authenticated;
  begin_step(name, gather);
  return true;
}

// Sends the step that is due. REQUIRES: gather.open is 1.
void Core::begin_step(GatherName name, Gather& gather) {
  using Step = Relocation::Step;
  Relocation& move = *gather.relocation;
  gather.parts.clear();
  std::string digest;
  std::vector<std::string_view> args;
  switch (move.step) {
    case Step::read:
      args = {command::kStepRead, move.from};
      break;
    case Step::write:
      // What stands under the new name after the first round is what this command has put there.
      args = {command::kStepWrite, move.to, move.value,
              move.request.replace || move.rounds > 1 ? "replace" : "nx"};
      break;
    case Step::erase:
      digest = command::digest_of(move.value);
      args = {command::kStepErase, move.from, digest};
      break;
  }
  ask_owner(name, gather, slot_of(args[1]), args, move.step != Step::read);
  close_gather(name, gather);
}

bool Core::step_done(GatherName name, Gather& gather) {
  using Step = Relocation::Step;
  Relocation& move = *gather.relocation;
  if (!error_of_parts(gather).empty()) return true;
  switch (move.step) {
    case Step::read: {
      const auto value = bulk_of(gather);
      if (!value) return true;
      move.value = *value;
      move.step = Step::write;
      break;
    }
    case Step::write:
      if (move.request.keep_source || !is_one(gather)) return true;
      move.step = Step::erase;
      break;
    case Step::erase:
      if (is_one(gather) || move.rounds == kRoundsMax) return true;
      ++move.rounds;
      move.step = Step::read;
      break;
  }
  gather.open = 1;
  gather.bytes = 0;
  begin_step(name, gather);
  return false;
}

// What the client is told, going by the step that was the last.
void Core::relocate_reply(const Gather& gather, ReplyWriter& reply) {
  using Step = Relocation::Step;
  const Relocation& move = *gather.relocation;
  const auto success = [&] { move.request.counts ? reply.integer(1) : reply.ok(); };
  if (const std::string error = error_of_parts(gather); !error.empty()) {
    const bool written = move.step == Step::erase || move.rounds > 1;
    return reply.error(written ? std::string(kBothThere) + error : error);
  }
  switch (move.step) {
    case Step::read:
      // Gone since the last round: then it is under its new name alone, as it should be.
      if (move.rounds > 1) return success();
      return move.request.strict ? reply.error(command::kNoSuchKey) : reply.integer(0);
    case Step::write:
      return is_one(gather) ? success() : reply.integer(0);
    case Step::erase:
      if (is_one(gather)) return success();
      return reply.error(std::string(kBothThere) + "it was changed again and again");
  }
}

}  // namespace limpet::shard
