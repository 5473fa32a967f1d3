#include "run.hpp"

#include <unistd.h>

#include <variant>

namespace limpet::client {

namespace {

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};

}  // namespace

int run(const Options& options) {
  return std::visit(Overloaded{[&](const LinesTask&) {
                                 return isatty(STDIN_FILENO) != 0 ? run_console(options) : run_lines(options);
                               },
                               [&](const CommandTask& task) { return run_command(options, task); },
                               [&](const WhereTask& task) { return run_where(options, task); },
                               [&](const PlanTask& task) { return run_plan(task); },
                               [&](const HaproxyTask& task) { return run_haproxy(task); },
                               [&](const StatusTask& task) { return run_status(options, task); },
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

}  // namespace limpet::client
