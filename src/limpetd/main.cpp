// limpetd: one node of a limpet cluster, or a single one.
#include <sys/stat.h>

#include <cstdio>
#include <exception>
#include <limpet/base/encoding.hpp>
#include <limpet/net/standard_descriptors.hpp>
#include <string>
#include <utility>
#include <vector>

#include "background.hpp"
#include "command_line.hpp"
#include "exit_codes.hpp"
#include "load.hpp"
#include "look_back.hpp"
#include "pid_file.hpp"
#include "print.hpp"
#include "serve.hpp"
#include "signals.hpp"

namespace limpet::limpetd {
namespace {

int fail_with(int code, const std::string& text) {
  std::fprintf(stderr, "limpetd: %s\n", escaped(text).c_str());
  return code;
}

void show_warnings(const Launch& launch) {
  for (const std::string& warning : launch.warnings)
    std::fprintf(stderr, "limpetd: warning: %s\n", escaped(warning).c_str());
}

int show(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  return std::fflush(stdout) == 0 ? kExitOk : kExitOther;
}

// Of a file that is not the newest a terminal hears, too, where the log is somewhere else. What keeps the
// node from starting is the start's to tell: first of all whose the directory is, and whether it is in use.
void tell_of_the_past(const Launch& launch) {
  const auto older = look_back(launch);
  const bool log_is_here = launch.log.file.empty() && !launch.daemonize;
  if (older && !older->empty() && !log_is_here)
    std::fprintf(stderr, "limpetd: warning: %s\n", escaped(*older).c_str());
}

// As a start with it would be: a file that would not be in force is not in order.
int show_check(const Launch& launch) {
  show_warnings(launch);
  const auto older = look_back(launch);
  if (!older && older.error().code == Code::bad_config) return fail_with(kExitConfig, older.error().text);
  if (!older) std::fprintf(stderr, "limpetd: warning: %s\n", escaped(older.error().text).c_str());
  if (older && !older->empty()) return fail_with(kExitConfig, *older);
  return show("ok: " + summary(launch) + "\n");
}

int run(Launch launch, const Given& given) {
  ::umask(027);
  tell_of_the_past(launch);
  // Before anything is bound or forked, so that the terminal shows the reason.
  if (!launch.pid_file.empty()) {
    if (auto free = PidFile::check(launch.pid_file); !free) return fail_with(kExitOther, free.error().text);
  }
  if (!launch.daemonize) return serve(std::move(launch), given, Starter());
  show_warnings(launch);
  if (launch.log.file.empty()) {
    std::fputs("limpetd: warning: --daemonize without --log-file: the log is lost once the node is ready\n",
               stderr);
  }
  auto starter = go_to_background();
  if (!starter) return fail_with(kExitOther, starter.error().text);
  return serve(std::move(launch), given, std::move(*starter));
}

int limpetd(std::vector<std::string> arguments) {
  auto line = parse_command_line(std::move(arguments));
  if (!line) return fail_with(kExitConfig, line.error().text);
  if (line->action != Action::run) unblock_signals();
  if (line->action == Action::help) return show(help_text());
  if (line->action == Action::version) return show("limpetd " LIMPET_VERSION "\n");

  const Given given{line->flags, read_environment()};
  auto launch = load(given, {.node_optional = line->action == Action::check_config});
  if (!launch) return fail_with(kExitConfig, launch.error().text);
  if (line->action == Action::run) return run(std::move(*launch), given);
  if (line->action == Action::check_config) return show_check(*launch);
  show_warnings(*launch);
  return show(config_text(*launch));
}

}  // namespace
}  // namespace limpet::limpetd

int main(int argc, char** argv) {
  limpet::net::hold_standard_descriptors();
  limpet::limpetd::block_signals();
  try {
    return limpet::limpetd::limpetd({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "limpetd: %s\n", limpet::escaped(error.what()).c_str());
    return limpet::limpetd::kExitOther;
  }
}
