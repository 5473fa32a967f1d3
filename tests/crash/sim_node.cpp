#include "sim_node.hpp"

#include <algorithm>
#include <cstdlib>
#include <limpet/base/limits.hpp>
#include <utility>

namespace limpet::crash {

namespace {

constexpr const char* kFence = "limpet.fence";

std::uint64_t generation_in(const SimDisk& disk, const std::string& name) {
  if (!disk.has(name)) return 0;
  const std::string& text = disk.read(name);
  return text.starts_with("generation ") ? std::strtoull(text.c_str() + 11, nullptr, 10) : 0;
}

}  // namespace

SimNode::SimNode(SimDisk& disk, Dice& dice, Now& now, const cluster::View& view, Options options, Hooks hooks)
    : shell_{disk, dice, {}}, now_(now), view_(view), options_(options), hooks_(std::move(hooks)) {
  pace_ms_ = std::uint64_t{2} << shell_.dice.below(8);
  snapshot_pace_ = shell_.dice.one_in(2) ? 1 : 12;
  plan_start();
}

SimNode::~SimNode() = default;

// ---- Starting ----

// Storage::begin() and start(), and the Loader: the fence first, then what was there.
void SimNode::plan_start() {
  generation_ = generation_in(shell_.disk, kFence);
  for (const std::string_view extension : {journal::kJournalExtension, journal::kSnapshotExtension}) {
    for (const std::string& name : shell_.disk.list(extension)) {
      if (const auto file = journal::read_name(name))
        generation_ = std::max(generation_, file->stream.generation);
    }
  }
  ++generation_;
  shell_.fence = "generation " + std::to_string(generation_) + "\nnonce " +
                 std::to_string(shell_.dice.below(~std::uint64_t{0})) + "\n";
  starting_.add_first(replace_steps(shell_, kFence, shell_.fence));
  for (const std::string& name : shell_.disk.list(disk::kUnfinishedExtension)) {
    starting_.add([this, name] { shell_.disk.remove(name); });
  }
  starting_.add([this] { read(); });
}

void SimNode::read() {
  recovery_ = std::make_unique<journal::Recovery>();
  std::vector<std::string> names = shell_.disk.list(journal::kJournalExtension);
  for (const std::string& name : shell_.disk.list(journal::kSnapshotExtension)) names.push_back(name);
  contents_.reserve(names.size());
  for (const std::string& name : names) {
    contents_.push_back(shell_.disk.read(name));
    recovery_->add(name, contents_.back());
  }
  recovery_->require_snapshots_of(generation_in(shell_.disk, disk::kBaseName));
  const std::vector<std::string> sealed = shell_.disk.list(journal::kSealsExtension);
  if (!sealed.empty()) {
    auto seals = journal::read_seals(shell_.disk.read(sealed.back()));
    if (!seals) refusal_ = sealed.back() + " " + seals.error().text;
    if (seals) recovery_->seal(std::move(*seals));
  }
  recovery_->finish();
  if (!recovery_->refusals().empty()) refusal_ = recovery_->refusals().front();
  for (const journal::Finding& finding : recovery_->findings()) {
    if (finding.kind != journal::Finding::Kind::damage) continue;
    refusal_ += finding.file + ", offset " + std::to_string(finding.offset) + ": " + finding.text + "\n";
  }
  for (unsigned slot = 0; slot < kSlots && refusal_.empty(); ++slot) {
    if (recovery_->damaged(static_cast<Slot>(slot))) refusal_ = "damaged: slot " + std::to_string(slot);
  }
  if (refusal_.empty()) keep();
}

// Loader::sync_files() and seal().
void SimNode::keep() {
  for (const std::string& name : shell_.disk.list(journal::kJournalExtension)) {
    const auto file = journal::read_name(name);
    if (!file || recovery_->sealed(file->stream)) continue;
    starting_.add([this, name] { shell_.disk.sync(shell_.disk.find(name)); });
  }
  const journal::Seals seals = recovery_->seals(generation_);
  for (auto& step : replace_steps(shell_, journal::seals_name(generation_), journal::seals_text(seals))) {
    starting_.add(std::move(step));
  }
  for (const std::string& name : shell_.disk.list(journal::kSealsExtension)) {
    starting_.add([this, name] { shell_.disk.remove(name); });
  }
  starting_.add([this] { make_shards(); });
}

void SimNode::make_shards() {
  shard::ShardConfig config;
  config.view = std::make_shared<const cluster::View>(view_);
  config.shards = options_.shards;
  config.table_seed = 7;
  config.loads = true;
  shard::ShardTunables tunables;
  tunables.forward_timeout_ms = 3'600'000;  // threads may rest for long here
  cores_.resize(options_.shards);
  for (unsigned index = 0; index < options_.shards; ++index) {
    Core& core = cores_[index];
    config.index = index;
    config.random_seed = shell_.dice.below(~std::uint64_t{0});
    config.journal = {.stream = {.generation = generation_, .shard = index},
                      .shards = options_.shards,
                      .nonce = shell_.dice.below(~std::uint64_t{0})};
    core.shard = std::make_unique<shard::Shard>(config, tunables, now_);
    load_shard(index);
    const SimAppender::Options options{.sync_always = options_.always,
                                       .segment_bytes = options_.segment_bytes,
                                       .sync_begins = [this, index] { hooks_.sync_begins(index); }};
    core.appender = std::make_unique<SimAppender>(shell_, *config.journal, options, appender_events(index));
    starting_.add([this, index] { starting_.add_first(cores_[index].appender->next_file()); });
  }
  recovery_.reset();
  contents_.clear();
  hooks_.loaded();
  starting_.add([this] {
    snapshots_ = std::make_unique<SimSnapshotFiles>(shell_, generation_, options_.shards, snapshot_events());
    for (Core& core : cores_) core.syncs_at_ms = now_.steady_ms + kSyncEveryMs;
    serving_ = true;
  });
}

// Loader::deliver()
void SimNode::load_shard(unsigned index) {
  shard::LoadPiece piece;
  for (unsigned number = index; number < kSlots; number += options_.shards) {
    const auto slot = static_cast<Slot>(number);
    const std::size_t before = piece.bytes.size();
    recovery_->each_change(slot, [&](std::string_view effects) { piece.bytes.append(effects); });
    piece.steps.push_back({.slot = slot,
                           .end = shard::LoadPiece::End::whole,
                           .bytes = piece.bytes.size() - before,
                           .changes = recovery_->last_sequence(slot),
                           .version = recovery_->version(slot)});
  }
  shard::Shard& shard = *cores_[index].shard;
  shard.take_load(piece, now_);
  if (shard.stats().disk.slots_damaged > 0) refusal_ = "a slot could not be loaded";
  shard.inherit(recovery_->journal_bytes() / options_.shards);
}

// Node::Impl::storage_events().
disk::AppenderEvents SimNode::appender_events(unsigned index) {
  const auto durable = [this, index](std::uint64_t position) {
    cores_[index].mailbox.push_back(
        [this, index, position] { cores_[index].shard->durable(position, now_); });
  };
  disk::AppenderEvents events;
  events.written = [this, durable](std::uint64_t position) {
    if (!options_.always) durable(position);
  };
  events.synced = [this, index, durable](std::uint64_t position) {
    hooks_.sync_ended(index);
    cores_[index].mailbox.push_back([this, index, position] { cores_[index].shard->synced(position, now_); });
    if (options_.always) durable(position);
  };
  return events;
}

disk::SnapshotEvents SimNode::snapshot_events() {
  disk::SnapshotEvents events;
  events.written = [this](unsigned index, std::size_t bytes) {
    cores_[index].mailbox.push_back(
        [this, index, bytes] { cores_[index].shard->snapshot_written(bytes, now_); });
  };
  events.done = [this](unsigned index, std::uint64_t covers) {
    cores_[index].mailbox.push_back([this, index, covers] { cores_[index].shard->snapshot_done(covers); });
  };
  events.file_of = [this](unsigned index, std::uint64_t position) {
    return cores_[index].appender->file_of(position);
  };
  return events;
}

// ---- Running ----

void SimNode::step() {
  if (!serving_) {
    if (refusal_.empty()) starting_.run_one();
    return;
  }
  const std::vector<std::function<void()>> events = possible();
  const std::uint64_t drawn = shell_.dice.below(events.size() + 1);
  if (drawn < events.size()) return events[drawn]();
  const auto passed = static_cast<std::int64_t>(shell_.dice.below(pace_ms_));
  now_.steady_ms += passed;
  now_.unix_ms += passed;
}

std::vector<std::function<void()>> SimNode::possible() {
  std::vector<std::function<void()>> events;
  for (unsigned index = 0; index < cores_.size(); ++index) {
    Core& core = cores_[index];
    if (!core.mailbox.empty()) {
      events.emplace_back([this, index] {
        turn(index, [&] {
          for (const auto& letter : std::exchange(cores_[index].mailbox, {})) letter();
        });
      });
    }
    if (core.shard->effects().again) {
      events.emplace_back([this, index] {
        turn(index, [&] {
          shard::Shard& shard = *cores_[index].shard;
          // Several turns in a row: over slots that are empty a copy goes on for many.
          for (int i = 0; i < 16 && std::exchange(shard.effects().again, false); ++i) shard.go_on(now_);
        });
      });
    }
    if (core.ticks_at_ms <= now_.steady_ms) {
      events.emplace_back([this, index] {
        cores_[index].ticks_at_ms = now_.steady_ms + kTickMs;
        const std::uint64_t one_in = options_.snapshots_one_in;
        if (one_in != 0 && shell_.dice.one_in(one_in)) cores_[index].shard->inherit(2 * kSnapshotMinBytes);
        turn(index, [&] { cores_[index].shard->tick(now_); });
      });
    }
    if (core.appender->can_write()) events.emplace_back([&core] { core.appender->write_on(); });
    if (core.appender->syncing()) {
      events.emplace_back([&core] { core.appender->sync_on(); });
    } else if (!options_.always && core.syncs_at_ms <= now_.steady_ms) {
      events.emplace_back([this, &core] {
        core.syncs_at_ms = now_.steady_ms + kSyncEveryMs;
        core.appender->begin_sync();
      });
    }
  }
  // Now and then a whole snapshot is written between two syncs of the journal.
  if (snapshots_->can_write())
    events.resize(events.size() + snapshot_pace_, [this] { snapshots_->write_on(); });
  return events;
}

// Driver::Impl::turn() and flush().
void SimNode::turn(unsigned index, const std::function<void()>& work) {
  work();
  flush(index);
}

void SimNode::flush(unsigned index) {
  Core& core = cores_[index];
  shard::Effects& effects = core.shard->effects();
  while (!effects.dirty.empty()) flush_streams(index);
  core.shard->take_changes();
  if (!effects.changes.empty()) core.appender->append(std::exchange(effects.changes, {}));
  if (!effects.snapshot.empty()) snapshots_->append(index, std::exchange(effects.snapshot, {}));
  core.shard->take_batches();
  for (auto& [sibling, batch] : effects.batches) {
    const auto held = std::make_shared<Bytes>(std::move(batch));
    cores_[sibling].mailbox.push_back(
        [this, to = sibling, index, held] { cores_[to].shard->from_sibling(index, held->view(), now_); });
  }
  effects.batches.clear();
  effects.notes.clear();
}

void SimNode::flush_streams(unsigned index) {
  shard::Shard& shard = *cores_[index].shard;
  for (const StreamId id : shard.effects().dirty.take()) {
    Stream* stream = shard.stream(id);
    if (stream == nullptr) continue;
    stream->dirty = false;
    if (stream->held || stream->aborted || stream->out.empty()) continue;
    const auto client = std::find_if(clients_.begin(), clients_.end(), [&](const Client& each) {
      return each.shard == index && each.stream == id;
    });
    if (client != clients_.end()) client->received += stream->out.view();
    shard.written(id, stream->out.size(), now_);
  }
}

// ---- Clients ----

std::size_t SimNode::connect() {
  const auto index = static_cast<unsigned>(clients_.size() % cores_.size());
  clients_.push_back({index, cores_[index].shard->client_opened({"client", "here"}, now_), {}});
  return clients_.size() - 1;
}

void SimNode::send(std::size_t client, std::string_view bytes) {
  const Client& to = clients_[client];
  turn(to.shard, [&] { cores_[to.shard].shard->received(to.stream, bytes, now_); });
}

std::string SimNode::take(std::size_t client) { return std::exchange(clients_[client].received, {}); }

std::string SimNode::ask(Slot slot, std::string_view commands) {
  shard::Shard& shard = *cores_[slot % options_.shards].shard;
  const StreamId id = shard.client_opened({"client", "here"}, now_);
  shard.received(id, commands, now_);
  while (std::exchange(shard.effects().again, false)) shard.go_on(now_);
  std::string answer(shard.stream(id)->out.view());
  shard.closed(id, "done", now_);
  shard.effects().dirty.clear();
  return answer;
}

std::uint64_t SimNode::keys() const {
  std::uint64_t sum = 0;
  for (const Core& core : cores_) sum += core.shard->stats().store.keys;
  return sum;
}

void SimNode::stop() {
  for (unsigned index = 0; index < cores_.size(); ++index) {
    cores_[index].appender->stop([&](std::uint64_t synced) {
      shard::Shard& shard = *cores_[index].shard;
      shard.synced(synced, now_);
      shard.end_changes();
      return std::exchange(shard.effects().changes, {});
    });
  }
}

}  // namespace limpet::crash
