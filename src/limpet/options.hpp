// Options: what `limpet` was told to do on its command line and in its environment.
//
// Only the options in front of the first other word are limpet's own; from that word on everything is the
// command, and goes to the server as it is, unless it is one of limpet's own tools (where, plan, cluster
// status, backup ...).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "print.hpp"

namespace limpet::client {

struct CommandTask {  // one command for the server
  std::vector<std::string> words;
};
struct LinesTask {};  // commands from the standard input, or from a person
struct WhereTask {
  std::vector<std::string> keys;  // "-" alone: those of the standard input
  std::string config_file;        // empty: ask a node
};
struct PlanTask {
  std::string before_file;
  std::string after_file;
  bool json = false;
};
struct HaproxyTask {
  std::string file;
};
struct StatusTask {
  bool json = false;
};
struct VerifyTask {
  std::string directory;
};
struct DumpTask {
  std::string directory;
  std::optional<std::string> key;
  bool full = false;
};
struct BackupTask {
  std::string directory;
  std::string target;
};
struct ReloadTask {
  bool all = false;      // on every node
  bool dry_run = false;  // only tells what it would do
};
struct FollowTask {};
struct DrainTask {
  std::string node;
  bool wait = true;
};
struct UndrainTask {
  std::string node;  // empty: the one that is asked
};
struct ClaimTask {
  std::string node;
  bool yes = false;  // nobody is to be asked whether they are sure
};
using Task = std::variant<LinesTask, CommandTask, WhereTask, PlanTask, HaproxyTask, StatusTask, VerifyTask,
                          DumpTask, BackupTask, ReloadTask, FollowTask, DrainTask, UndrainTask, ClaimTask>;

struct Options {
  std::string server = "127.0.0.1:7379";
  std::string password_file;
  double timeout_s = 10;
  bool resp3 = false;
  bool partial = false;      // commands for all nodes do with those that answer
  std::optional<Look> look;  // nothing: pretty for a terminal, else raw
  Task task;
};

// Either options, or a text to print and how to end.
struct ParsedOptions {
  std::optional<Options> options;
  int exit = 0;
  std::string text = {};
};

// `args` without the program's name. Reads LIMPET_SERVER.
[[nodiscard]] ParsedOptions parse_options(const std::vector<std::string>& args);
// The words of one command behind them, as they may also be typed at a prompt. REQUIRES: there is one.
[[nodiscard]] ParsedOptions parse_task(Options options, const std::vector<std::string>& words);

}  // namespace limpet::client
