#include "serve.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <limpet/base/encoding.hpp>
#include <limpet/node/node.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "descriptors.hpp"
#include "drain.hpp"
#include "exit_codes.hpp"
#include "logging.hpp"
#include "pid_file.hpp"
#include "print.hpp"
#include "reload.hpp"
#include "signals.hpp"
#include "supervisor.hpp"

namespace limpet::limpetd {
namespace {

// Of a start: Node::start() says which code means what.
int exit_code_of(const Error& error) {
  switch (error.code) {
    case Code::bad_config:
    case Code::bad_input:
    case Code::not_found:
      return kExitConfig;
    case Code::io:
      return kExitBind;
    case Code::full:
    case Code::unavailable:
      return kExitDataBusy;
    case Code::refused:
      return kExitDataRefused;
  }
  return kExitOther;
}

// One process: its settings in force, its node, its log. Everything here runs on the main thread, but for
// stop_.
class Daemon {
 public:
  Daemon(Launch launch, const Given& given, Starter starter)
      : launch_(std::move(launch)), given_(given), starter_(std::move(starter)) {}

  int run() {
    const int code = start();
    if (code == kExitOk) wait();
    return end(code);
  }

 private:
  int start();
  int failed(int code, const std::string& text);
  int end(int code);
  void announce(std::chrono::steady_clock::time_point began);
  void wait();
  void begin_to_stop(int signal);
  [[noreturn]] void end_at_once(const std::string& why);
  void reload();
  [[nodiscard]] Result<std::string> reload_now();
  [[nodiscard]] Result<ReloadPlan> plan_for(const Result<Launch>& next) const;
  void check();
  void reopen_log();
  [[nodiscard]] node::NodeHooks hooks();

  Launch launch_;
  const Given& given_;
  Starter starter_;
  using Answer = std::function<void(Result<std::string>)>;
  std::mutex mutex_;                 // guards the next two
  std::vector<Answer> wait_reload_;  // who wants to know what became of the next reload
  std::vector<Answer> wait_check_;   // who wants to know what it would do
  // The node goes first (end()), and its last words still reach the log.
  std::unique_ptr<Log> log_;
  std::unique_ptr<PidFile> pid_file_;
  std::unique_ptr<node::Node> node_;
  std::thread stopping_;
  Result<void> stop_result_;  // stopping_'s, until stopped_
  std::atomic<bool> stopped_{false};
};

int Daemon::failed(int code, const std::string& text) {
  const bool log_is_seen = log_ && launch_.log.file.empty();
  if (log_ && !(log_is_seen && starter_.waits())) spdlog::error("{}", text);
  if (!log_is_seen && !starter_.waits()) std::fprintf(stderr, "limpetd: %s\n", escaped(text).c_str());
  starter_.tell_failed(code, text);
  return code;
}

int Daemon::start() {
  const auto began = std::chrono::steady_clock::now();
  auto log = Log::open(launch_.log);
  if (!log) return failed(kExitOther, log.error().text);
  log_ = std::move(*log);
  spdlog::info("limpetd {}, process {}; {}", LIMPET_VERSION, ::getpid(), summary(launch_));

  ClientRoom room = make_room_for(launch_.node.max_clients);
  launch_.node.max_clients = room.max_clients;
  if (!room.warning.empty()) launch_.warnings.push_back(std::move(room.warning));
  for (const std::string& warning : launch_.warnings) spdlog::warn("{}", warning);

  auto node = node::Node::start(launch_.node, hooks());
  if (!node) return failed(exit_code_of(node.error()), node.error().text);
  node_ = std::move(*node);
  // The data directory may know a later file than the one that it was started with.
  take_over_file(launch_, node_->file_in_force());
  if (!launch_.pid_file.empty()) {
    auto pid_file = PidFile::write(launch_.pid_file);
    if (!pid_file) return failed(kExitOther, pid_file.error().text);
    pid_file_ = std::move(*pid_file);
    if (!pid_file_->whole()) {
      spdlog::warn("{}: no space left for the id of this process; the file is empty, and locked",
                   launch_.pid_file);
    }
  }
  announce(began);
  return kExitOk;
}

// Whoever reads the log may have stopped reading: that does not keep the process from ending.
int Daemon::end(int code) {
  node_.reset();
  pid_file_.reset();
  if (log_ && !log_->close()) std::_Exit(code);
  return code;
}

void Daemon::announce(std::chrono::steady_clock::time_point began) {
  const cluster::Node& me = launch_.node.me();
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  std::string where = "clients on " + me.client.text();
  if (!launch_.node.socket.empty()) where += " and " + launch_.node.socket;
  if (me.peer) where += ", nodes on " + me.peer->text();
  if (me.admin) where += ", HTTP on " + me.admin->text();
  spdlog::info("ready: node {} answers {}; {} shards, started in {} ms", me.name, where, launch_.node.shards,
               took.count());
  tell_supervisor(ready_state());
  starter_.tell_ready();
}

void Daemon::wait() {
  const sigset_t set = waited_for();
  for (;;) {
    int signal = 0;
    if (::sigwait(&set, &signal) != 0) continue;
    if (signal == SIGHUP) reload();
    if (signal == SIGUSR1) reopen_log();
    if (signal == SIGTERM || signal == SIGINT) begin_to_stop(signal);
    // Anybody may send this signal; what it means stands elsewhere.
    if (signal == kWake) check();
    if (signal == kWake && stopped_) break;
  }
  stopping_.join();
  if (!stop_result_) end_at_once(stop_result_.error().text);
  spdlog::info("stopped");
}

void Daemon::end_at_once(const std::string& why) {
  // Other threads run on, and may still log, so neither the node nor the log is taken away from them.
  log_->write_now(why);
  pid_file_.reset();
  std::_Exit(kExitOther);
}

void Daemon::begin_to_stop(int signal) {
  if (stopping_.joinable()) end_at_once("a second signal: ending at once");
  const std::string name = signal == SIGTERM ? "SIGTERM" : "SIGINT";
  const bool drains = launch_.drain.on_stop && launch_.node.in_cluster();
  if (drains) {
    spdlog::info("{}: draining before the stop, for {} ms at most", name, launch_.drain.timeout_ms);
  } else {
    spdlog::info("{}: stopping; answers that are on their way may take {} ms more", name,
                 launch_.node.stop_timeout_ms);
  }
  tell_supervisor("STOPPING=1");
  // On a thread of its own, so that this one still hears the second signal.
  stopping_ = std::thread([this, drains, settings = launch_.drain] {
    if (drains) drain(*node_, settings);
    stop_result_ = node_->stop();
    stopped_ = true;
    ::kill(::getpid(), kWake);
  });
}

// From a shard's thread. What reloads is the main thread, as at a signal of somebody else.
node::NodeHooks Daemon::hooks() {
  node::NodeHooks hooks;
  hooks.reload_files = [this](Answer done) {
    const std::lock_guard lock(mutex_);
    wait_reload_.push_back(std::move(done));
    ::kill(::getpid(), SIGHUP);
  };
  hooks.check_files = [this](Answer done) {
    const std::lock_guard lock(mutex_);
    wait_check_.push_back(std::move(done));
    ::kill(::getpid(), kWake);
  };
  return hooks;
}

void Daemon::reload() {
  std::vector<Answer> waiting;
  {
    const std::lock_guard lock(mutex_);
    waiting.swap(wait_reload_);
  }
  const Result<std::string> outcome = reload_now();
  for (const Answer& answer : waiting) answer(outcome);
}

void Daemon::check() {
  std::vector<Answer> waiting;
  {
    const std::lock_guard lock(mutex_);
    waiting.swap(wait_check_);
  }
  if (waiting.empty()) return;
  Result<std::string> outcome = fail(Code::unavailable, "this node is stopping");
  if (!stopping_.joinable()) {
    const Result<Launch> next = load(given_, {.node_may_be_gone = true});
    outcome = check_text(launch_, next, plan_for(next));
  }
  for (const Answer& answer : waiting) answer(outcome);
}

// What a reload would do. Error: it would do nothing, and why.
Result<ReloadPlan> Daemon::plan_for(const Result<Launch>& next) const {
  if (!next) return tl::unexpected(next.error());
  Result<ReloadPlan> plan = plan_reload(launch_, *next);
  if (!plan || !plan->new_cluster_file) return plan;
  const Result<void> allowed = node_->may_change(next->node.view, next->node.config_file);
  return allowed ? plan : Result<ReloadPlan>(tl::unexpected(allowed.error()));
}

Result<std::string> Daemon::reload_now() {
  if (stopping_.joinable()) return fail(Code::unavailable, "this node is stopping");
  tell_supervisor(reloading_state());
  reopen_log();
  auto next = load(given_, {.node_may_be_gone = true});
  Result<ReloadPlan> plan = plan_for(next);
  if (plan && plan->new_cluster_file) {
    const Result<void> changed = node_->change(next->node.view, next->node.config_text);
    if (!changed) plan = tl::unexpected(changed.error());
  }
  if (!plan) {
    spdlog::error("reload: nothing was changed: {}", plan.error().text);
    tell_supervisor(ready_state());
    return tl::unexpected(plan.error());
  }
  ClientRoom room = make_room_for(next->node.max_clients);
  next->node.max_clients = room.max_clients;
  if (!room.warning.empty()) next->warnings.push_back(room.warning);
  // What was said before is known by now.
  for (const std::string& warning : next->warnings) {
    if (std::find(launch_.warnings.begin(), launch_.warnings.end(), warning) == launch_.warnings.end())
      spdlog::warn("{}", warning);
  }
  node_->reload(reloadable(next->node));
  log_->set_level(next->log.level);
  for (const std::string& change : plan->kept)
    spdlog::warn("reload: {}: takes a restart, not changed", change);
  for (const std::string& change : plan->applied) spdlog::info("reload: {}: in force", change);
  const std::string told = in_words(*plan, *next);
  if (plan->kept.empty() && plan->applied.empty()) spdlog::info("reload: {}", told);
  take_over(launch_, std::move(*next));
  tell_supervisor(ready_state());
  return plan->applied.empty() ? told : "in force: " + told;
}

void Daemon::reopen_log() {
  if (auto done = log_->reopen(); !done) spdlog::error("{}", done.error().text);
}

}  // namespace

int serve(Launch launch, const Given& given, Starter starter) {
  // A peer or client that went away is an error of a write, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  Daemon daemon(std::move(launch), given, std::move(starter));
  return daemon.run();
}

}  // namespace limpet::limpetd
