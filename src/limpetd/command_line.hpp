// The command line: flags of the table of settings, and what to do instead of running.
#pragma once

#include <cstdint>
#include <limpet/base/result.hpp>
#include <string>
#include <vector>

#include "merge.hpp"

namespace limpet::limpetd {

enum class Action : std::uint8_t { run, check_config, print_config, help, version };

struct CommandLine {
  Action action = Action::run;
  FlagTexts flags;
};

// `arguments` without the program's name. Error: the text names the flag and, where one is near, the right
// one.
[[nodiscard]] Result<CommandLine> parse_command_line(std::vector<std::string> arguments);

}  // namespace limpet::limpetd
