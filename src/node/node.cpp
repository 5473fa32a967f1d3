#include <spdlog/spdlog.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <limpet/net/clock.hpp>
#include <limpet/node/node.hpp>
#include <utility>

#include "countdown.hpp"
#include "doorman.hpp"
#include "health.hpp"
#include "loopback_names.hpp"
#include "node_log.hpp"
#include "orders.hpp"
#include "random_seed.hpp"
#include "shard_set.hpp"
#include "shard_settings.hpp"
#include "storage_wiring.hpp"

namespace limpet::node {

namespace {

// How long the admin side waits for the shards' figures.
constexpr auto kSnapshotWait = std::chrono::milliseconds(900);

}  // namespace

// The order of start and stop, and who is asked what meanwhile.
class Node::Impl {
 public:
  Impl(Settings settings, NodeHooks hooks)
      : settings_(std::move(settings)),
        storage_(settings_, shards_),
        orders_(std::move(hooks), shards_),
        doorman_(settings_.shards),
        drained_(settings_.shards) {}
  ~Impl() { (void)stop(std::chrono::milliseconds(0)); }

  Result<void> start();
  [[nodiscard]] Result<void> stop(std::chrono::milliseconds patience);
  void reload(const Reloadable& reloadable);
  [[nodiscard]] Result<void> change(cluster::View file, const std::string& text);
  [[nodiscard]] Result<void> may_change(const cluster::View& file, const std::string& path) const;
  [[nodiscard]] cluster::View file_in_force() const;
  bool leave() { return orders_.leave(); }
  NodeSnapshot snapshot();
  [[nodiscard]] const Settings& settings() const { return settings_; }

 private:
  void make_shards();
  [[nodiscard]] net::DriverHooks hooks_for(unsigned shard);
  Result<void> start_admin();
  [[nodiscard]] Health health() const;
  void open_doors();
  void take(unsigned shard, shard::NodeEffects& effects);

  Settings settings_;
  NodeLog log_;
  std::int64_t started_unix_ms_ = 0;
  std::int64_t started_steady_ms_ = 0;

  net::Resolver resolver_;  // of all shards
  ShardSet shards_;
  StorageWiring storage_;
  Orders orders_;
  Doorman doorman_;
  std::unique_ptr<Admin> admin_;

  std::atomic<bool> ready_{false};
  Countdown drained_;
  bool stopped_ = false;
};

// ---- Starting ----

Result<void> Node::Impl::start() {
  const Now now = net::read_clocks();
  started_unix_ms_ = now.unix_ms;
  started_steady_ms_ = now.steady_ms;
  if (Result<void> bound = doorman_.bind(settings_); !bound) return bound;
  if (Result<void> opened = storage_.open(); !opened) return opened;
  if (Membership* membership = storage_.membership()) orders_.serve(*membership);
  make_shards();
  if (Result<void> stored = storage_.start(); !stored) return stored;
  if (Result<void> admin = start_admin(); !admin) return admin;
  shards_.start();
  open_doors();
  ready_ = true;
  return {};
}

void Node::Impl::make_shards() {
  shard::ShardConfig config = config_of(settings_, started_steady_ms_);
  for (unsigned index = 0; index < settings_.shards; ++index) {
    config.index = index;
    config.random_seed = random_seed();
    storage_.configure(config);
    shards_.add(std::make_unique<ShardThread>(config, tunables_of(settings_, settings_.shards, index),
                                              resolver_, hooks_for(index), settings_.tcp_keepalive_s));
  }
}

net::DriverHooks Node::Impl::hooks_for(unsigned shard) {
  net::DriverHooks hooks;
  hooks.send_batch = [this, shard](unsigned sibling, Bytes batch) {
    shards_.send_batch(shard, sibling, std::move(batch));
  };
  hooks.effects = [this, shard](shard::NodeEffects& effects) { take(shard, effects); };
  hooks.client_gone = [this] { doorman_.client_gone(); };
  hooks.drained = [this] { drained_.done(); };
  return hooks;
}

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

void Node::Impl::open_doors() {
  doorman_.open(
      [this](unsigned shard, const std::shared_ptr<net::Connection>& client) {
        shards_.at(shard, [client](net::Driver& driver) { driver.adopt_client(std::move(*client)); });
      },
      [this](unsigned shard, const std::shared_ptr<net::Connection>& peer) {
        shards_.at(shard, [peer](net::Driver& driver) { driver.adopt_peer(std::move(*peer)); });
      });
}

// ---- Stopping ----

Result<void> Node::Impl::stop(std::chrono::milliseconds patience) {
  if (std::exchange(stopped_, true)) return {};
  ready_ = false;
  if (doorman_.close()) {
    shards_.each([](net::Driver& driver) { driver.drain(); });
    if (!drained_.wait_for(patience) && patience.count() > 0) {
      spdlog::warn("not everything was answered within the stop time-out of {} ms", patience.count());
    }
  }
  admin_.reset();
  shards_.stop();
  log_.finish();
  return storage_.stop(patience);
}

// ---- While running ----

void Node::Impl::take(unsigned shard, shard::NodeEffects& effects) {
  storage_.take(shard, effects);
  orders_.carry_out(shard, std::exchange(effects.orders, {}));
  for (const shard::Note& note : std::exchange(effects.notes, {})) log_.note(note);
}

Health Node::Impl::health() const {
  if (!ready_) return {false, false, "this node is starting or stopping"};
  const Membership* const membership = storage_.membership();
  if (membership == nullptr) return storage_.health();
  const auto view = storage_.view();
  const cluster::Node& me = view->nodes[membership->self()];
  if (auto cut_off = health_in_cluster(me, membership->company()->contact())) return *cut_off;
  return with_file(me, storage_.health());
}

void Node::Impl::reload(const Reloadable& reloadable) {
  doorman_.set_rules(Doorman::rules_of(reloadable));
  for (unsigned index = 0; index < shards_.size(); ++index) {
    shards_.at(index, [tunables = tunables_of(reloadable, settings_.shards, index)](shard::Shard& shard) {
      shard.reload(tunables);
    });
  }
}

Result<void> Node::Impl::change(cluster::View file, const std::string& text) {
  if (Membership* membership = storage_.membership()) return membership->change(std::move(file), text);
  return fail(Code::refused, "this node has no address for other nodes (`peer`), so its slots stay");
}

Result<void> Node::Impl::may_change(const cluster::View& file, const std::string& path) const {
  const Membership* const membership = storage_.membership();
  return membership != nullptr ? membership->may_change(file, path)
                               : cluster::check_successor(settings_.view, file, path);
}

cluster::View Node::Impl::file_in_force() const {
  const Membership* const membership = storage_.membership();
  return membership != nullptr ? membership->file() : settings_.view;
}

NodeSnapshot Node::Impl::snapshot() {
  NodeSnapshot snapshot;
  snapshot.shards = shards_.figures(kSnapshotWait);
  snapshot.shards_expected = settings_.shards;
  snapshot.view = storage_.view();
  snapshot.self = storage_.self();
  snapshot.version = LIMPET_VERSION;
  snapshot.pid = ::getpid();
  snapshot.started_unix_ms = started_unix_ms_;
  snapshot.uptime_ms = net::read_clocks().steady_ms - started_steady_ms_;
  snapshot.connections_rejected = doorman_.rejected();
  snapshot.max_clients = doorman_.max_clients();
  snapshot.titles = storage_.titles();
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
