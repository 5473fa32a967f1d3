#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <limpet/base/hash.hpp>
#include <limpet/handoff/floors.hpp>
#include <limpet/net/clock.hpp>
#include <limpet/node/left_behind.hpp>
#include <limpet/node/node.hpp>
#include <mutex>
#include <thread>

#include "countdown.hpp"
#include "disk_health.hpp"
#include "doorman.hpp"
#include "health.hpp"
#include "loopback_names.hpp"
#include "membership.hpp"
#include "node_log.hpp"
#include "process_facts.hpp"
#include "random_seed.hpp"
#include "shard_thread.hpp"
#include "storage.hpp"

namespace limpet::node {

namespace {

// How long the admin side waits for the shards' figures.
constexpr auto kSnapshotWait = std::chrono::milliseconds(900);

std::uint64_t ticks_ns() {
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

shard::ProcessFacts process_facts() {
  const ProcessUse use = read_process_use();
  const auto pages = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES));
  const auto page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return {use.resident_bytes, pages * page_bytes, use.user_seconds, use.system_seconds};
}

// Of Settings or Reloadable: what both have is called the same.
template <class From>
shard::ShardTunables tunables_of(const From& from, unsigned shards, unsigned index) {
  const auto part = [&](std::uint64_t bytes) { return shard::part_of(bytes, shards, index); };
  return {.password = from.password,
          .secret = from.secret,
          .max_clients = from.max_clients,
          .idle_timeout_ms = from.idle_timeout_ms,
          .forward_timeout_ms = from.forward_timeout_ms,
          .memory_max = part(from.max_memory),
          .memory_of_node = from.max_memory,
          .evict_when_full = from.evict_when_full,
          .handover_rate = part(from.handover_rate),
          .client_bytes_max = part(from.client_memory)};
}

template <class From>
Doorman::Rules rules_of(const From& from) {
  return {.max_clients = from.max_clients, .protect = from.protected_mode && from.password.empty()};
}

// What to do about a data directory that cannot be used is not what to do about an address.
tl::unexpected<Error> of_data(Error error) {
  if (error.code == Code::io || error.code == Code::full) error.code = Code::unavailable;
  if (error.code == Code::bad_input) error.code = Code::refused;
  return tl::unexpected<Error>(std::move(error));
}

// Figures that shards hand in one by one; whoever asked may have gone before the last one comes.
struct Collection {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<shard::ShardStats> stats;
};

}  // namespace

class Node::Impl {
 public:
  Impl(Settings settings, NodeHooks hooks)
      : settings_(std::move(settings)),
        hooks_(std::move(hooks)),
        disk_health_(settings_.shards),
        doorman_(settings_.shards),
        drained_(settings_.shards) {}
  ~Impl() { (void)stop(std::chrono::milliseconds(0)); }

  Result<void> start();
  [[nodiscard]] Result<void> stop(std::chrono::milliseconds patience);
  void reload(const Reloadable& reloadable);
  [[nodiscard]] Result<void> change(cluster::View file, const std::string& text);
  [[nodiscard]] Result<void> may_change(const cluster::View& file, const std::string& path) const;
  [[nodiscard]] cluster::View file_in_force() const;
  bool leave();
  [[nodiscard]] Result<std::string> declare(bool leaving);
  NodeSnapshot snapshot();
  [[nodiscard]] const Settings& settings() const { return settings_; }

 private:
  Result<void> start_admin();
  [[nodiscard]] Health health() const;
  [[nodiscard]] Health health_of_disk() const;
  void make_shards();
  [[nodiscard]] LoaderHooks loader_hooks();
  Result<void> open_storage();
  Result<void> start_storage();
  [[nodiscard]] MembershipHooks membership_hooks();
  [[nodiscard]] std::shared_ptr<const cluster::View> view() const {
    return membership_ ? membership_->view() : own_view_;
  }
  [[nodiscard]] bool journaled() const { return storage_ && storage_->journaled(); }
  [[nodiscard]] disk::AppenderEvents storage_events(unsigned shard);
  [[nodiscard]] disk::SnapshotEvents snapshot_events();
  [[nodiscard]] Result<void> stop_storage(std::chrono::milliseconds patience);
  void open_doors();
  [[nodiscard]] net::DriverHooks hooks_for(unsigned shard);
  void take(unsigned shard, shard::NodeEffects& effects);
  void carry_out(unsigned shard, const shard::Order& order);

  Settings settings_;
  NodeHooks hooks_;
  NodeLog log_;
  std::int64_t started_unix_ms_ = 0;
  std::int64_t started_steady_ms_ = 0;

  std::shared_ptr<const cluster::View> own_view_;  // of a node that is in no cluster
  std::unique_ptr<Storage> storage_;               // none without anything to be kept
  std::unique_ptr<Membership> membership_;         // of a node of a cluster
  DiskHealth disk_health_;
  Doorman doorman_;
  net::Resolver resolver_;  // of all shards
  std::vector<std::unique_ptr<ShardThread>> shards_;
  std::unique_ptr<Admin> admin_;

  std::atomic<bool> ready_{false};
  std::atomic<bool> stops_{false};  // it leaves for good
  Countdown drained_;
  bool stopped_ = false;
};

// ---- Starting ----

Result<void> Node::Impl::start_admin() {
  if (!settings_.me().admin) return {};
  AdminSource source;
  source.snapshot = [this] { return snapshot(); };
  source.health = [this] { return health(); };
  auto admin = Admin::start(*settings_.me().admin, std::move(source));
  if (!admin) return tl::unexpected(std::move(admin.error()));
  admin_ = std::move(*admin);
  warn_if_loopback("admin", *settings_.me().admin, *admin_);
  return {};
}

Health Node::Impl::health() const {
  if (!ready_) return {false, false, "this node is starting or stopping"};
  if (!membership_) return health_of_disk();
  const auto now = view();
  const cluster::Node& me = now->nodes[membership_->self()];
  if (auto cut_off = health_in_cluster(me, membership_->company()->contact())) return *cut_off;
  return with_file(me, health_of_disk());
}

Health Node::Impl::health_of_disk() const {
  if (!journaled()) return {true, false, disk_health_.titles_trouble()};
  if (const std::string why = disk_health_.failure(); !why.empty())
    return {false, false, why + "; start this node again"};
  if (const std::string how_far = storage_->loader().progress(); !how_far.empty())
    return {false, false, how_far};
  if (const std::string why = disk_health_.fullness(); !why.empty())
    return {true, false, why + "; writes are refused"};
  if (std::string why = disk_health_.titles_trouble(); !why.empty()) return {true, false, std::move(why)};
  if (const std::size_t slots = storage_->loader().damaged(); slots > 0) {
    return {true, false,
            std::to_string(slots) + " slots are damaged on the disk and not served; the log says more"};
  }
  return {true, false, {}};
}

net::DriverHooks Node::Impl::hooks_for(unsigned shard) {
  net::DriverHooks hooks;
  hooks.send_batch = [this, shard](unsigned sibling, Bytes batch) {
    shards_[sibling]->mailbox().send_batch(shard, std::move(batch));
  };
  hooks.effects = [this, shard](shard::NodeEffects& effects) { take(shard, effects); };
  hooks.client_gone = [this] { doorman_.client_gone(); };
  hooks.drained = [this] { drained_.done(); };
  return hooks;
}

void Node::Impl::take(unsigned shard, shard::NodeEffects& effects) {
  if (!effects.changes.empty()) storage_->append(shard, std::exchange(effects.changes, {}));
  if (!effects.snapshot.empty()) storage_->append_snapshot(shard, std::exchange(effects.snapshot, {}));
  if (std::exchange(effects.sync, false)) storage_->sync_soon(shard);
  if (!effects.wanted.empty()) storage_->loader().want(shard, std::exchange(effects.wanted, {}));
  if (!effects.titles.empty()) membership_->write(shard, std::exchange(effects.titles, {}));
  if (!effects.strangers.empty()) membership_->introduce(std::exchange(effects.strangers, {}));
  if (!effects.leaving.empty()) membership_->take(std::exchange(effects.leaving, {}));
  for (const shard::Order& order : std::exchange(effects.orders, {})) carry_out(shard, order);
  for (const shard::Note& note : effects.notes) log_.note(note);
  effects.notes.clear();
}

void Node::Impl::make_shards() {
  shard::ShardConfig config;
  config.view = view();
  config.self = membership_ ? membership_->self() : settings_.self;
  if (membership_) {
    config.handoff = membership_->config();
    config.company = membership_->company();
  }
  config.shards = settings_.shards;
  config.version = LIMPET_VERSION;
  config.started_ms = started_steady_ms_;
  config.pid = ::getpid();
  config.config_file = settings_.config_file;
  // With a secret all nodes hash alike and nobody outside can know how; without one each node draws its own.
  config.table_seed = settings_.secret.empty()
                          ? random_seed()
                          : hash64(settings_.secret.first(), hash64(settings_.view.name));
  config.process_facts = process_facts;
  config.ticks_ns = ticks_ns;
  for (unsigned index = 0; index < settings_.shards; ++index) {
    config.index = index;
    config.random_seed = random_seed();
    if (journaled()) config.journal = storage_->header(index);
    config.loads = journaled();
    shards_.push_back(std::make_unique<ShardThread>(config, tunables_of(settings_, settings_.shards, index),
                                                    resolver_, hooks_for(index), settings_.tcp_keepalive_s));
  }
}

// ---- The journal ----

Result<void> Node::Impl::open_storage() {
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
  if (!settings_.in_cluster()) return {};
  auto membership = Membership::open(storage_->directory(), storage_->generation(), settings_);
  if (!membership) return tl::unexpected(std::move(membership.error()));
  membership_ = std::move(*membership);
  membership_->set_hooks(membership_hooks());
  if (journal) storage_->loader().leave_out_below(handoff::floors_of(*membership_->config().titles));
  return {};
}

// They come from the threads of shards, of the title file and of whoever changes the cluster file.
MembershipHooks Node::Impl::membership_hooks() {
  MembershipHooks hooks;
  hooks.view = [this](const std::shared_ptr<const cluster::View>& view) {
    for (const std::unique_ptr<ShardThread>& target : shards_) {
      target->mailbox().send_task(
          [&shard = target->shard(), view] { shard.set_view(view, net::read_clocks()); });
    }
  };
  hooks.titles = [this](unsigned index, const std::vector<Slot>& slots, const Result<void>& outcome) {
    shards_[index]->mailbox().send_task([&shard = shards_[index]->shard(), slots, outcome] {
      if (outcome) return shard.titles_written(slots, net::read_clocks());
      const std::string& why = outcome.error().text;
      outcome.error().code == Code::full ? shard.titles_without_room(slots, why, net::read_clocks())
                                         : shard.titles_failed(slots, why, net::read_clocks());
    });
    if (!outcome && outcome.error().code != Code::full) disk_health_.titles_failed(outcome.error().text);
  };
  hooks.full = [this](const std::string& why) {
    disk_health_.titles_full(why);
    why.empty() ? spdlog::warn("titles of slots are written again")
                : spdlog::error("{}; no slot changes hands until there is room", why);
  };
  return hooks;
}

Result<void> Node::Impl::start_storage() {
  if (!storage_) return {};
  return storage_->start([this](unsigned shard) { return storage_events(shard); }, snapshot_events());
}

LoaderHooks Node::Impl::loader_hooks() {
  LoaderHooks hooks;
  hooks.give = [this](unsigned index, std::shared_ptr<const shard::LoadPiece> piece) {
    ShardThread& target = *shards_[index];
    target.mailbox().send_task([this, index, &shard = target.shard(), piece = std::move(piece)] {
      shard.take_load(*piece, net::read_clocks());
      storage_->loader().taken(index);
    });
  };
  hooks.read = [this](std::uint64_t journal_bytes) {
    for (const std::unique_ptr<ShardThread>& target : shards_) {
      target->mailbox().send_task(
          [&shard = target->shard(), journal_bytes] { shard.inherit(journal_bytes); });
    }
  };
  hooks.failed = [this](const std::string& why) {
    spdlog::error("{}; writes are refused until this node is started again", why);
    disk_health_.failed(why);
    for (const std::unique_ptr<ShardThread>& target : shards_) {
      target->mailbox().send_task(
          [&shard = target->shard(), why] { shard.journal_failed(why, net::read_clocks()); });
    }
  };
  return hooks;
}

// They come from the threads that write; the shard takes them in a turn of its own.
disk::AppenderEvents Node::Impl::storage_events(unsigned index) {
  ShardThread* const target = shards_[index].get();
  const auto durable = [target](std::uint64_t position) {
    target->mailbox().send_task(
        [&shard = target->shard(), position] { shard.durable(position, net::read_clocks()); });
  };
  const auto synced = [target](std::uint64_t position) {
    target->mailbox().send_task([&shard = target->shard(), position] { shard.synced(position); });
  };
  const bool always = settings_.view.durability == cluster::Durability::always;
  disk::AppenderEvents events;
  events.written = always ? std::function<void(std::uint64_t)>([](std::uint64_t) {}) : durable;
  events.synced = [always, durable, synced](std::uint64_t position) {
    synced(position);
    if (always) durable(position);
  };
  events.full = [this, index, target](const std::string& why) {
    disk_health_.full(index, why);
    why.empty() ? spdlog::warn("the journal is written again") : spdlog::error("{}; writes are refused", why);
    target->mailbox().send_task([&shard = target->shard(), why] { shard.journal_trouble(why); });
  };
  events.failed = [this, target](const std::string& why) {
    disk_health_.failed(why);
    spdlog::error("{}; writes are refused until this node is started again", why);
    target->mailbox().send_task(
        [&shard = target->shard(), why] { shard.journal_failed(why, net::read_clocks()); });
  };
  return events;
}

disk::SnapshotEvents Node::Impl::snapshot_events() {
  disk::SnapshotEvents events;
  events.written = [this](unsigned shard, std::size_t bytes) {
    shards_[shard]->mailbox().send_task(
        [&target = shards_[shard]->shard(), bytes] { target.snapshot_written(bytes, net::read_clocks()); });
  };
  events.done = [this](unsigned shard, std::uint64_t covers) {
    spdlog::debug("the snapshot of shard {} is complete", shard);
    shards_[shard]->mailbox().send_task(
        [&target = shards_[shard]->shard(), covers] { target.snapshot_done(covers); });
  };
  events.failed = [this](unsigned shard, const std::string& why) {
    spdlog::error("{}; the snapshot is tried again later, and the journal grows meanwhile", why);
    shards_[shard]->mailbox().send_task(
        [&target = shards_[shard]->shard()] { target.snapshot_failed(net::read_clocks()); });
  };
  return events;
}

// What the shards have changed is written and synced, and then the streams say so. A thread in a call that
// the disk does not answer cannot be ended: after a while it is left alone, and so are those that wait for
// it.
Result<void> Node::Impl::stop_storage(std::chrono::milliseconds patience) {
  if (!storage_) return {};
  auto written = std::make_shared<Countdown>(1);
  std::thread writing([this, written] {
    storage_->stop([this](unsigned index, std::uint64_t synced) {
      shard::Shard& shard = shards_[index]->shard();
      shard.synced(synced);
      shard.end_changes();
      return std::exchange(shard.effects().changes, {});
    });
    // A start that had not heard the others yet is none that could end well: what it begins with next is what
    // this one had, and a restart more.
    const bool started =
        std::none_of(shards_.begin(), shards_.end(),
                     [](const std::unique_ptr<ShardThread>& shard) { return shard->shard().in_start(); });
    if (const Result<void> stopped = membership_ ? membership_->stop(started) : Result<void>(); !stopped) {
      spdlog::error("the next start takes this end for a crash: {}", stopped.error().text);
    }
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

Result<void> Node::Impl::start() {
  const Now now = net::read_clocks();
  started_unix_ms_ = now.unix_ms;
  started_steady_ms_ = now.steady_ms;
  if (Result<void> bound = doorman_.bind(settings_); !bound) return bound;
  doorman_.set_rules(rules_of(settings_));
  if (doorman_.protects()) {
    spdlog::warn(
        "protected mode: {} is open to other hosts and there is no password, so only clients of this host "
        "are served; set a password file, or protected_mode = \"no\"",
        settings_.me().client.text());
  }
  if (Result<void> opened = open_storage(); !opened) return of_data(opened.error());
  make_shards();
  if (Result<void> stored = start_storage(); !stored) return of_data(stored.error());
  if (Result<void> admin = start_admin(); !admin) return admin;
  for (const std::unique_ptr<ShardThread>& shard : shards_) shard->start();
  open_doors();
  ready_ = true;
  return {};
}

void Node::Impl::open_doors() {
  doorman_.open(
      [this](std::size_t shard, const std::shared_ptr<net::Connection>& client) {
        ShardThread& target = *shards_[shard];
        target.mailbox().send_task([&target, client] { target.driver().adopt_client(std::move(*client)); });
      },
      [this](std::size_t shard, const std::shared_ptr<net::Connection>& peer) {
        ShardThread& target = *shards_[shard];
        target.mailbox().send_task([&target, peer] { target.driver().adopt_peer(std::move(*peer)); });
      });
}

// ---- Stopping ----

Result<void> Node::Impl::stop(std::chrono::milliseconds patience) {
  if (std::exchange(stopped_, true)) return {};
  ready_ = false;
  if (doorman_.close()) {
    for (const std::unique_ptr<ShardThread>& shard : shards_) {
      shard->mailbox().send_task([&driver = shard->driver()] { driver.drain(); });
    }
    if (!drained_.wait_for(patience) && patience.count() > 0) {
      spdlog::warn("not everything was answered within the stop time-out of {} ms", patience.count());
    }
  }
  admin_.reset();
  for (const std::unique_ptr<ShardThread>& shard : shards_) shard->stop();
  log_.finish();
  return stop_storage(patience);
}

// ---- While running ----

void Node::Impl::reload(const Reloadable& reloadable) {
  doorman_.set_rules(rules_of(reloadable));
  for (unsigned index = 0; index < shards_.size(); ++index) {
    const shard::ShardTunables tunables = tunables_of(reloadable, settings_.shards, index);
    shards_[index]->mailbox().send_task(
        [&target = shards_[index]->shard(), tunables] { target.reload(tunables); });
  }
}

Result<void> Node::Impl::change(cluster::View file, const std::string& text) {
  if (membership_) return membership_->change(std::move(file), text);
  return fail(Code::refused, "this node has no address for other nodes (`peer`), so its slots stay");
}

Result<void> Node::Impl::may_change(const cluster::View& file, const std::string& path) const {
  return membership_ ? membership_->may_change(file, path)
                     : cluster::check_successor(settings_.view, file, path);
}

cluster::View Node::Impl::file_in_force() const { return membership_ ? membership_->file() : settings_.view; }

bool Node::Impl::leave() {
  if (!membership_) return false;
  stops_ = true;
  (void)declare(true);
  return true;
}

// That it leaves, or no longer; what to say of it.
Result<std::string> Node::Impl::declare(bool leaving) {
  if (!membership_) return fail(Code::unavailable, "this node is in no cluster");
  if (!leaving && stops_) return fail(Code::refused, "this node leaves because it stops, and that goes on");
  const bool news = membership_->leave(leaving);
  if (news && leaving) spdlog::info("leaving: all slots go to other nodes until this one is started again");
  if (news && !leaving) spdlog::info("leaving no longer: what the cluster file gives this node comes back");
  return leaving ? "leaving"
         : news  ? "back: what the cluster file gives this node comes to it"
                 : "it does not leave";
}

void Node::Impl::carry_out(unsigned index, const shard::Order& order) {
  const auto done = [this, index, ticket = order.ticket](Result<std::string> outcome) {
    ShardThread& target = *shards_[index];
    target.mailbox().send_task([&shard = target.shard(), ticket, outcome = std::move(outcome)] {
      shard.ordered(ticket, outcome, net::read_clocks());
    });
  };
  switch (order.kind) {
    case shard::Order::Kind::reload:
      if (hooks_.reload) return hooks_.reload(done);
      return done(fail(Code::unavailable, "this process has no files to read again"));
    case shard::Order::Kind::check:
      if (hooks_.check) return hooks_.check(done);
      return done(fail(Code::unavailable, "this process has no files to read again"));
    case shard::Order::Kind::leave:
      return done(declare(true));
    case shard::Order::Kind::stay:
      return done(declare(false));
  }
}

NodeSnapshot Node::Impl::snapshot() {
  auto collection = std::make_shared<Collection>();
  for (const std::unique_ptr<ShardThread>& shard : shards_) {
    shard->mailbox().send_task([&target = shard->shard(), collection] {
      shard::ShardStats stats = target.stats();
      const std::lock_guard lock(collection->mutex);
      collection->stats.push_back(std::move(stats));
      collection->changed.notify_all();
    });
  }
  const Now now = net::read_clocks();
  NodeSnapshot snapshot;
  snapshot.view = view();
  snapshot.self = membership_ ? membership_->self() : settings_.self;
  snapshot.version = LIMPET_VERSION;
  snapshot.pid = ::getpid();
  snapshot.started_unix_ms = started_unix_ms_;
  snapshot.uptime_ms = now.steady_ms - started_steady_ms_;
  snapshot.connections_rejected = doorman_.rejected();
  snapshot.max_clients = doorman_.max_clients();
  snapshot.shards_expected = settings_.shards;
  snapshot.titles = disk_health_.titles();
  std::unique_lock lock(collection->mutex);
  collection->changed.wait_for(lock, kSnapshotWait,
                               [&] { return collection->stats.size() == shards_.size(); });
  snapshot.shards = collection->stats;
  return snapshot;
}

// ---- The door ----

Result<std::unique_ptr<Node>> Node::start(Settings settings, NodeHooks hooks) {
  auto impl = std::make_unique<Impl>(std::move(settings), std::move(hooks));
  if (Result<void> started = impl->start(); !started) return tl::unexpected(std::move(started.error()));
  return std::unique_ptr<Node>(new Node(std::move(impl)));
}

Node::Node(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Node::~Node() = default;

Result<void> Node::stop() {
  return impl_->stop(std::chrono::milliseconds(impl_->settings().stop_timeout_ms));
}
void Node::reload(const Reloadable& settings) { impl_->reload(settings); }
Result<void> Node::change(cluster::View file, const std::string& text) {
  return impl_->change(std::move(file), text);
}
Result<void> Node::may_change(const cluster::View& file, const std::string& path) const {
  return impl_->may_change(file, path);
}
cluster::View Node::file_in_force() const { return impl_->file_in_force(); }
bool Node::leave() { return impl_->leave(); }
NodeSnapshot Node::snapshot() { return impl_->snapshot(); }

}  // namespace limpet::node
