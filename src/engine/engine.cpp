#include <algorithm>
#include <limpet/base/limits.hpp>
#include <limpet/command/errors.hpp>
#include <limpet/command/relocate.hpp>
#include <limpet/engine/engine.hpp>
#include <limpet/engine/undo_log.hpp>
#include <limpet/store/change.hpp>

namespace limpet::engine {

using command::Spec;
using resp::ReplyWriter;

namespace {

std::size_t bytes_of(command::Args args) {
  std::size_t bytes = 0;
  for (const std::string_view arg : args) bytes += arg.size();
  return bytes;
}

std::optional<std::uint64_t> nonce_of(const std::optional<journal::SegmentHeader>& journal) {
  return journal ? std::optional(journal->nonce) : std::nullopt;
}

}  // namespace

Engine::Engine(const Setup& setup)
    : store_(setup.table_seed), feed_(store_, nonce_of(setup.journal)), ticks_ns_(setup.ticks_ns) {
  if (!setup.journal) return;
  disk_ = durability_.join(0);
  snapshots_ = std::make_unique<SnapshotPacer>(store_, *feed_.journal(), *setup.journal);
}

// ---- Commands ----

// These are on the path of every request, and have one caller each: `inline`, so that they become one.

inline void Engine::perform(const Command& command, Bytes& out, Now now) {
  const Spec& spec = command.spec;
  stats_.called(spec);
  const std::size_t before = out.size();
  ReplyWriter reply(out, command.version);
  command::Context context{
      .store = store_, .reply = reply, .lookups = stats_.lookups(), .now = now, .first_key = command.key};
  if (memory_.max == 0 || !spec.has(command::kDenyOom) || in_batch_ || make_room_for(command.args, now)) {
    spec.run(context, command.args);
  } else {
    reply.error(command::kOutOfMemory);
  }
  if (out.size() - before > kReplyBytesMax) {
    out.truncate(before);
    reply.error(command::kReplyTooLong);
  }
  if (out.data()[before] == '-') stats_.failed(spec);
}

void Engine::execute_timed(const Command& command, Bytes& out, Now now) {
  if (ticks_ns_ == nullptr) return perform(command, out, now);
  const std::uint64_t began = ticks_ns_();
  perform(command, out, now);
  stats_.took(command.spec, ticks_ns_() - began);
}

inline void Engine::execute(const Command& command, Bytes& out, Now now) {
  stats_.samples() ? execute_timed(command, out, now) : perform(command, out, now);
}

Executed Engine::run(const Command& command, Bytes& out, Now now) {
  if (feed_.records()) return run_recorded(command, out, now);
  execute(command, out, now);
  return {};
}

Executed Engine::run_recorded(const Command& command, Bytes& out, Now now) {
  const bool write = command.spec.has(command::kWrite);
  if (write && durability_.refuses(feed_.end(), bytes_of(command.args))) {
    refuse(command, durability_.refusal(), out);
    return {};
  }
  if (write && write_veto_ != nullptr) [[unlikely]] {
    if (const std::string why = why_no_write(command); !why.empty()) {
      refuse(command, why, out);
      return {};
    }
  }
  const Lsn began = feed_.end();
  const std::size_t before = out.size();
  execute(command, out, now);
  feed_.end_command();
  const Lsn end = feed_.end();
  if (end <= durability_.safe()) return {};
  const Lsn shown = end > began ? end : shown_by(command);
  if (shown <= durability_.safe() || durability_.trouble().empty() || write) return {shown};
  // It would wait for as long as the trouble lasts.
  out.truncate(before);
  refuse(command,
         "MISCONF " + durability_.trouble() + ": what is asked for has changes that wait for the disk", out);
  return {};
}

std::string Engine::why_no_write(const Command& command) const {
  if (command.key != nullptr) return write_veto_->why_not(command.key->slot);
  if (command.spec.route_key() == 0) return write_veto_->why_not(std::nullopt);
  std::string why;
  command.spec.each_key(command.args, [&](std::string_view key) {
    if (why.empty()) why = write_veto_->why_not(slot_of(key));
  });
  return why;
}

// ---- Several as one ----

// Before any of them is run: what makes room is a change of other sessions, and would part their record.
std::string Engine::why_no_batch(Slot slot, std::span<const Command> commands, Now now) {
  std::size_t bytes = 0;
  std::size_t of_values = 0;
  bool writes = false;
  for (const Command& command : commands) {
    writes = writes || command.spec.has(command::kWrite);
    bytes += bytes_of(command.args);
    if (command.spec.has(command::kDenyOom)) of_values += bytes_of(command.args);
  }
  if (writes && feed_.records() && durability_.refuses(feed_.end(), bytes)) return durability_.refusal();
  if (writes && write_veto_ != nullptr) {
    if (std::string why = write_veto_->why_not(slot); !why.empty()) return why;
  }
  if (of_values > 0 && memory_.max != 0 && !make_room(of_values, now))
    return std::string(command::kOutOfMemory);
  return {};
}

BatchDone Engine::run_batch(Slot slot, std::span<const Command> commands, bool whole, Bytes& out, Now now) {
  if (const std::string why = why_no_batch(slot, commands, now); !why.empty()) {
    for (const Command& command : commands.first(whole ? 1 : commands.size())) refuse(command, why, out);
    return {.undone = true};
  }
  const Lsn began = feed_.end();
  const std::size_t before = out.size();
  BatchDone done;
  UndoLog undo(store_, slot);
  in_batch_ = true;
  for (const Command& command : commands) {
    if (whole && command.spec.has(command::kWrite)) {
      command.spec.each_key(command.args, [&](std::string_view key) { undo.keep(key); });
    }
    const std::size_t at = out.size();
    execute(command, out, now);
    done.undone = whole && out.data()[at] == '-';
    if (!done.undone) continue;
    undo.undo(now.unix_ms);
    const std::string error(out.view().substr(at));
    out.truncate(before);
    out.append(error);
    break;
  }
  in_batch_ = false;
  feed_.end_command();
  if (!feed_.records() || done.undone) return done;
  for (const Command& command : commands) done.reply_lsn = std::max(done.reply_lsn, shown_by(command));
  if (feed_.end() > began) done.reply_lsn = feed_.end();
  return done;
}

// How much of the stream the reply of a read shows.
Lsn Engine::shown_by(const Command& command) const {
  if (command.key != nullptr) return feed_.end_of(command.key->slot);
  const Spec& spec = command.spec;
  // Commands about all keys say that some are there, and not what they hold.
  if (spec.route_key() == 0) return 0;
  Lsn shown = 0;
  command.spec.each_key(command.args,
                        [&](std::string_view key) { shown = std::max(shown, feed_.end_of(slot_of(key))); });
  return shown;
}

void Engine::refuse(const Command& command, std::string_view error, Bytes& out) {
  stats_.refused(command.spec);
  ReplyWriter(out, command.version).error(error);
}

Executed Engine::run_step(command::Args args, std::string_view key, resp::Version version, Bytes& out,
                          Now now) {
  ReplyWriter reply(out, version);
  if (feed_.records() && args[0] != command::kStepRead && durability_.refuses(feed_.end(), bytes_of(args))) {
    reply.error(durability_.refusal());
    return {};
  }
  if (write_veto_ != nullptr && args[0] != command::kStepRead) {
    if (const std::string why = write_veto_->why_not(slot_of(key)); !why.empty()) {
      reply.error(why);
      return {};
    }
  }
  if (args[0] == command::kStepWrite && memory_.max != 0 && !make_room_for(args, now)) {
    reply.error(command::kOutOfMemory);
    return {};
  }
  command::Lookups uncounted;
  command::Context context{.store = store_, .reply = reply, .lookups = uncounted, .now = now};
  const Lsn began = feed_.end();
  command::run_step(context, args);
  feed_.end_command();
  return {feed_.end() > began ? feed_.end() : feed_.end_of(slot_of(key))};
}

Result<void> Engine::load(Slot slot, std::string_view effects, Now now) {
  feed_.listen(false);
  Result<void> done = store::apply(store_, slot, effects, now.unix_ms);
  if (!done) store_.clear(slot);
  feed_.listen(true);
  return done;
}

// ---- Memory ----

// Is there room for a write of these arguments, if need be at the cost of idle sessions?
bool Engine::make_room_for(command::Args args, Now now) { return make_room(bytes_of(args), now); }

bool Engine::make_room(std::size_t need, Now now) {
  if (has_room(need)) return true;
  if (!memory_.evict || need > memory_.max) return false;
  return store_.evict(memory_.max - need, kEvictSessionsMax, now.unix_ms);
}

bool Engine::takes_in(std::size_t bytes, Now now) {
  if (memory_.max == 0 || !memory_.evict) return has_room(bytes);
  if (memory_.max > bytes) (void)store_.evict(memory_.max - bytes, kEvictSessionsMax, now.unix_ms);
  return true;
}

// ---- The journal ----

Bytes Engine::take_changes() {
  // A mark goes along with changes, and makes none of its own.
  if (durability_.mark_is_due()) {
    durability_.marked();
    feed_.journal()->mark(durability_.synced());
  }
  return feed_.journal()->take();
}

Bytes Engine::take_last_changes() {
  if (feed_.journal() == nullptr || durability_.failed()) return {};
  feed_.journal()->mark(durability_.synced());
  return feed_.journal()->take();
}

void Engine::durable(Lsn up_to) {
  if (disk_) durability_.confirm(*disk_, up_to);
}

}  // namespace limpet::engine
