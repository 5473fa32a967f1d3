// The tools that change a cluster, and the one that watches it change: cluster follow, drain, claim. (Another
// is in reloading.cpp.)
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <limpet/base/text.hpp>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "cluster_text.hpp"
#include "commands.hpp"
#include "exit_codes.hpp"
#include "fields.hpp"
#include "interrupt.hpp"
#include "progress.hpp"
#include "run.hpp"
#include "session.hpp"

namespace limpet::client {

namespace {

using resp::Value;

constexpr auto kLookEvery = std::chrono::milliseconds(500);

bool is_error(const Value& reply) { return reply.type == Value::Type::error; }

int tell_error(const Value& reply) {
  std::fprintf(stderr, "limpet: the server answered: %s\n", printable(reply.text, reply.text.size()).c_str());
  show_hint(reply.text);
  return kErrorReply;
}

// One line that is written over where there is a terminal, else a line for each piece of news.
class Line {
 public:
  void show(const std::string& text) {
    if (text == last_) return;
    if (terminal_) {
      std::printf("\r\x1b[K%s", text.substr(0, width()).c_str());
    } else {
      std::printf("%s\n", text.c_str());
    }
    std::fflush(stdout);
    last_ = text;
  }
  void end() {
    if (terminal_ && !last_.empty()) std::printf("\n");
    last_.clear();
  }
  [[nodiscard]] bool terminal() const { return terminal_; }

 private:
  // What is longer would be another line, which is not written over.
  static std::size_t width() {
    winsize size{};
    const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : std::string::npos;
  }

  bool terminal_ = isatty(STDOUT_FILENO) != 0;
  std::string last_;
};

// Until the whole cluster has settled, or, with a name, this node has nothing left to give. What moves is
// told once for each file that all nodes have read.
int watch(net::LineClient& client, const std::string& node) {
  constexpr std::array<std::string_view, 2> kStatus = {"CLUSTER", "STATUS"};
  Line line;
  Most most;
  std::uint64_t planned = 0;
  // Only at a prompt is an interrupt noted; elsewhere it ends the process.
  for (; !take_interrupt(); std::this_thread::sleep_for(kLookEvery)) {
    const auto reply = client.ask(kStatus);
    if (!reply) {
      line.end();
      return complain(reply.error());
    }
    if (is_error(*reply)) {
      line.end();
      return tell_error(*reply);
    }
    const Progress progress = node.empty() ? progress_of(*reply) : progress_of_node(*reply, node);
    if (progress.left > 0 && progress.one_file && progress.epoch > planned) {
      line.end();
      std::printf("%s\n", moves_plan_text(*reply).c_str());
      planned = progress.epoch;
      most = {};
    }
    most.take(progress);
    line.show(progress_text(progress, most, line.terminal()));
    if (!progress.settled) continue;
    line.end();
    return progress.lost ? kErrorReply : kDone;
  }
  line.end();
  std::puts("It goes on; nobody watches it any more.");
  return kDone;
}

int send_and_tell(net::LineClient& client, std::span<const std::string_view> command) {
  const auto reply = client.ask(command);
  if (!reply) return complain(reply.error());
  if (is_error(*reply)) return tell_error(*reply);
  std::printf("%s\n", printable(reply->text, reply->text.size()).c_str());
  return kDone;
}

// A person who is asked has to type the node's name.
bool is_sure(const ClaimTask& task) {
  if (task.yes) return true;
  if (isatty(STDIN_FILENO) == 0) {
    std::fprintf(stderr, "limpet: cluster claim wants --yes where nobody can be asked\n");
    return false;
  }
  std::printf(
      "The slots of node %s go on with the copies that others have, where the cluster file has followers; "
      "else they begin empty: with others, or, if it has been started with an empty data directory, where the "
      "cluster file wants them. What it held before, wherever that is, will not be served again, and no other "
      "process of it may run.\nType its name to go on: ",
      printable(task.node).c_str());
  std::fflush(stdout);
  std::string typed;
  std::getline(std::cin, typed);
  return typed == task.node;
}

}  // namespace

int run_follow(const Options& options) {
  auto client = open_client(options);
  return client ? watch(*client, "") : complain(client.error());
}

int run_drain(const Options& options, const DrainTask& task) {
  auto client = open_client(options);
  if (!client) return complain(client.error());
  const auto reply = client->ask(std::array<std::string_view, 3>{"CLUSTER", "DRAIN", task.node});
  if (!reply) return complain(reply.error());
  if (is_error(*reply)) return tell_error(*reply);
  return task.wait ? watch(*client, task.node) : kDone;
}

int run_undrain(const Options& options, const UndrainTask& task) {
  auto client = open_client(options);
  if (!client) return complain(client.error());
  std::vector<std::string_view> command = {"CLUSTER", "UNDRAIN"};
  if (!task.node.empty()) command.push_back(task.node);
  return send_and_tell(*client, command);
}

int run_claim(const Options& options, const ClaimTask& task) {
  if (!is_sure(task)) return kUsage;
  auto client = open_client(options);
  if (!client) return complain(client.error());
  const auto reply = client->ask(std::array<std::string_view, 3>{"CLUSTER", "CLAIM", task.node});
  if (!reply) return complain(reply.error());
  if (is_error(*reply)) return tell_error(*reply);
  std::printf(
      "%s slots of node %s are with others now, or with itself where it has begun anew; what none of them "
      "had "
      "begins empty\n",
      text_of(*reply).c_str(), printable(task.node).c_str());
  return kDone;
}

}  // namespace limpet::client
