// The modes of the client. Each talks to people and servers until it is done, and returns how to end.
#pragma once

#include "options.hpp"

namespace limpet::client {

// Whichever the options name.
int run(const Options& options);

int run_command(const Options& options, const CommandTask& task);
int run_where(const Options& options, const WhereTask& task);
int run_plan(const PlanTask& task);
int run_haproxy(const HaproxyTask& task);
int run_status(const Options& options, const StatusTask& task);
int run_reload(const Options& options, const ReloadTask& task);
int run_follow(const Options& options);
int run_drain(const Options& options, const DrainTask& task);
int run_undrain(const Options& options, const UndrainTask& task);
int run_claim(const Options& options, const ClaimTask& task);
int run_verify(const VerifyTask& task);
int run_dump(const DumpTask& task);
int run_backup(const BackupTask& task);
int run_lines(const Options& options);    // from the standard input, a pipe or file
int run_console(const Options& options);  // from a person at a terminal

}  // namespace limpet::client
