#include "storage_wiring.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <limpet/handoff/floors.hpp>
#include <limpet/net/clock.hpp>
#include <limpet/node/left_behind.hpp>
#include <thread>
#include <utility>

#include "countdown.hpp"

namespace limpet::node {

namespace {

// What to do about a data directory that cannot be used is not what to do about an address.
Result<void> of_data(Result<void> outcome) {
  if (outcome) return outcome;
  Error error = std::move(outcome.error());
  if (error.code == Code::io || error.code == Code::full) error.code = Code::unavailable;
  if (error.code == Code::bad_input) error.code = Code::refused;
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace

// ---- Starting ----

Result<void> StorageWiring::open() { return of_data(open_directory()); }

Result<void> StorageWiring::open_directory() {
  own_view_ = std::make_shared<const cluster::View>(settings_.view);
  const bool journal = settings_.view.durability != cluster::Durability::none;
  // Without a journal what is there of one is set aside.
  const bool kept = !settings_.data_dir.empty() && disk::Directory::is_there(settings_.data_dir);
  if (!journal && !settings_.in_cluster() && !kept) return {};
  if (!settings_.in_cluster()) {
    if (Result<void> alone = may_stand_alone(settings_.data_dir); !alone) return alone;
  }
  auto storage = Storage::open(settings_);
  if (!storage) return tl::unexpected(std::move(storage.error()));
  storage_ = std::move(*storage);
  if (Result<void> begun = storage_->begin(loader_hooks()); !begun) return begun;
  return settings_.in_cluster() ? open_membership() : Result<void>();
}

Result<void> StorageWiring::open_membership() {
  auto membership = Membership::open(storage_->directory(), storage_->generation(), settings_);
  if (!membership) return tl::unexpected(std::move(membership.error()));
  membership_ = std::move(*membership);
  membership_->set_hooks(membership_hooks());
  if (journaled()) storage_->loader().leave_out_below(handoff::floors_of(*membership_->config().titles));
  return {};
}

void StorageWiring::configure(shard::ShardConfig& config) const {
  config.view = view();
  config.self = self();
  if (membership_) {
    config.handoff = membership_->config();
    config.company = membership_->company();
  }
  if (journaled()) config.journal = storage_->header(config.index);
  config.loads = journaled();
  if (membership_ && journaled()) config.follow_log_bytes = kFollowLogBytes;
}

Result<void> StorageWiring::start() {
  if (!storage_) return {};
  return of_data(
      storage_->start([this](unsigned shard) { return appender_events(shard); }, snapshot_events()));
}

// ---- From the shards ----

void StorageWiring::take(unsigned shard, shard::NodeEffects& effects) {
  if (!effects.changes.empty()) storage_->append(shard, std::exchange(effects.changes, {}));
  if (!effects.snapshot.empty()) storage_->append_snapshot(shard, std::exchange(effects.snapshot, {}));
  if (std::exchange(effects.sync, false)) storage_->sync_soon(shard);
  if (!effects.wanted.empty()) storage_->loader().want(shard, std::exchange(effects.wanted, {}));
  if (!effects.titles.empty()) membership_->write(shard, std::exchange(effects.titles, {}));
  if (!effects.strangers.empty()) membership_->introduce(std::exchange(effects.strangers, {}));
  if (!effects.leaving.empty()) membership_->take(std::exchange(effects.leaving, {}));
}

// ---- To the shards ----

LoaderHooks StorageWiring::loader_hooks() {
  LoaderHooks hooks;
  hooks.give = [this](unsigned index, std::shared_ptr<const shard::LoadPiece> piece) {
    shards_.at(index, [this, index, piece = std::move(piece)](shard::Shard& shard) {
      shard.take_load(*piece, net::read_clocks());
      storage_->loader().taken(index);
    });
  };
  hooks.read = [this](std::uint64_t journal_bytes) {
    shards_.each([journal_bytes](shard::Shard& shard) { shard.inherit(journal_bytes); });
  };
  hooks.failed = [this](const std::string& why) {
    spdlog::error("{}; writes are refused until this node is started again", why);
    health_.failed(why);
    shards_.each([why](shard::Shard& shard) { shard.journal_failed(why, net::read_clocks()); });
  };
  return hooks;
}

disk::AppenderEvents StorageWiring::appender_events(unsigned index) {
  const auto durable = [this, index](std::uint64_t position) {
    shards_.at(index, [position](shard::Shard& shard) { shard.durable(position, net::read_clocks()); });
  };
  const bool always = settings_.view.durability == cluster::Durability::always;
  disk::AppenderEvents events;
  events.written = always ? std::function<void(std::uint64_t)>([](std::uint64_t) {}) : durable;
  events.synced = [this, index, always, durable](std::uint64_t position) {
    shards_.at(index, [position](shard::Shard& shard) { shard.synced(position, net::read_clocks()); });
    if (always) durable(position);
  };
  events.full = [this, index](const std::string& why) {
    health_.full(index, why);
    why.empty() ? spdlog::warn("the journal is written again") : spdlog::error("{}; writes are refused", why);
    shards_.at(index, [why](shard::Shard& shard) { shard.journal_trouble(why); });
  };
  events.failed = [this, index](const std::string& why) {
    health_.failed(why);
    spdlog::error("{}; writes are refused until this node is started again", why);
    shards_.at(index, [why](shard::Shard& shard) { shard.journal_failed(why, net::read_clocks()); });
  };
  return events;
}

disk::SnapshotEvents StorageWiring::snapshot_events() {
  disk::SnapshotEvents events;
  events.written = [this](unsigned index, std::size_t bytes) {
    shards_.at(index, [bytes](shard::Shard& shard) { shard.snapshot_written(bytes, net::read_clocks()); });
  };
  events.done = [this](unsigned index, std::uint64_t covers) {
    spdlog::debug("the snapshot of shard {} is complete", index);
    shards_.at(index, [covers](shard::Shard& shard) { shard.snapshot_done(covers); });
  };
  events.failed = [this](unsigned index, const std::string& why) {
    spdlog::error("{}; the snapshot is tried again later, and the journal grows meanwhile", why);
    shards_.at(index, [](shard::Shard& shard) { shard.snapshot_failed(net::read_clocks()); });
  };
  return events;
}

MembershipHooks StorageWiring::membership_hooks() {
  MembershipHooks hooks;
  hooks.view = [this](const std::shared_ptr<const cluster::View>& view) {
    shards_.each([view](shard::Shard& shard) { shard.set_view(view, net::read_clocks()); });
  };
  hooks.titles = [this](unsigned index, const std::vector<Slot>& slots, const Result<void>& outcome) {
    shards_.at(index, [slots, outcome](shard::Shard& shard) {
      if (outcome) return shard.titles_written(slots, net::read_clocks());
      const std::string& why = outcome.error().text;
      outcome.error().code == Code::full ? shard.titles_without_room(slots, why, net::read_clocks())
                                         : shard.titles_failed(slots, why, net::read_clocks());
    });
    if (!outcome && outcome.error().code != Code::full) health_.titles_failed(outcome.error().text);
  };
  hooks.full = [this](const std::string& why) {
    health_.titles_full(why);
    why.empty() ? spdlog::warn("titles of slots are written again")
                : spdlog::error("{}; no slot changes hands until there is room", why);
  };
  return hooks;
}

// ---- While running ----

Health StorageWiring::health() const {
  if (!journaled()) return {true, false, health_.titles_trouble()};
  if (const std::string why = health_.failure(); !why.empty())
    return {false, false, why + "; start this node again"};
  if (const std::string how_far = storage_->loader().progress(); !how_far.empty())
    return {false, false, how_far};
  if (const std::string why = health_.fullness(); !why.empty())
    return {true, false, why + "; writes are refused"};
  if (std::string why = health_.titles_trouble(); !why.empty()) return {true, false, std::move(why)};
  if (const std::size_t slots = storage_->loader().damaged(); slots > 0) {
    return {true, false,
            std::to_string(slots) + " slots are damaged on the disk and not served; the log says more"};
  }
  return {true, false, {}};
}

// ---- Stopping ----

// A thread in a call that the disk does not answer cannot be ended: after a while it is left alone, and so
// are those that wait for it.
Result<void> StorageWiring::stop(std::chrono::milliseconds patience) {
  if (!storage_) return {};
  auto written = std::make_shared<Countdown>(1);
  std::thread writing([this, written] {
    write_the_rest();
    written->done();
  });
  if (patience.count() == 0 || written->wait_for(patience)) {
    writing.join();
    return {};
  }
  writing.detach();
  return fail(Code::unavailable,
              fmt::format("{}: the disk has not answered within {} ms of the stop; writes that were not "
                          "acknowledged may be lost",
                          settings_.data_dir, patience.count()));
}

// And then the streams say so.
void StorageWiring::write_the_rest() {
  storage_->stop([this](unsigned index, std::uint64_t synced) {
    shard::Shard& shard = shards_.stopped(index);
    shard.synced(synced, net::read_clocks());
    shard.end_changes();
    return std::exchange(shard.effects().changes, {});
  });
  // A start that had not heard the others yet is none that could end well: what it begins with next is what
  // this one had, and a restart more.
  bool started = true;
  for (unsigned index = 0; index < shards_.size(); ++index) {
    if (shards_.stopped(index).in_start()) started = false;
  }
  if (const Result<void> stopped = membership_ ? membership_->stop(started) : Result<void>(); !stopped) {
    spdlog::error("the next start takes this end for a crash: {}", stopped.error().text);
  }
}

}  // namespace limpet::node
