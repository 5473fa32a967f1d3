// limpet: the command-line client.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <limpet/base/encoding.hpp>
#include <limpet/net/standard_descriptors.hpp>
#include <string>
#include <string_view>
#include <variant>

#include "exit_codes.hpp"
#include "options.hpp"
#include "run.hpp"

namespace limpet::client {
namespace {

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};

int run(const Options& options) {
  return std::visit(Overloaded{[&](const LinesTask&) {
                                 return isatty(STDIN_FILENO) != 0 ? run_console(options) : run_lines(options);
                               },
                               [&](const CommandTask& task) { return run_command(options, task); },
                               [&](const WhereTask& task) { return run_where(options, task); },
                               [&](const PlanTask& task) { return run_plan(task); },
                               [&](const StatusTask&) { return run_status(options); },
                               [&](const VerifyTask& task) { return run_verify(task); },
                               [&](const DumpTask& task) { return run_dump(task); },
                               [&](const BackupTask& task) { return run_backup(task); },
                               [&](const ReloadTask& task) { return run_reload(options, task); },
                               [&](const FollowTask&) { return run_follow(options); },
                               [&](const DrainTask& task) { return run_drain(options, task); },
                               [&](const UndrainTask& task) { return run_undrain(options, task); },
                               [&](const ClaimTask& task) { return run_claim(options, task); }},
                    options.task);
}

// What people typed may stand in it.
std::string lines_escaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out += escaped(text.substr(0, end));
    if (end < text.size()) out += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace
}  // namespace limpet::client

int main(int argc, char** argv) {
  using namespace limpet::client;
  limpet::net::hold_standard_descriptors();
  const ParsedOptions parsed = parse_options(std::vector<std::string>(argv + 1, argv + argc));
  if (!parsed.options) {
    std::fputs(lines_escaped(parsed.text).c_str(), parsed.exit == kDone ? stdout : stderr);
    return parsed.exit;
  }
  return run(*parsed.options);
}
