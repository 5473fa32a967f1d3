// limpet: the command-line client.
#include <cstdio>
#include <limpet/net/standard_descriptors.hpp>
#include <string>
#include <vector>

#include "exit_codes.hpp"
#include "options.hpp"
#include "run.hpp"
#include "session.hpp"

int main(int argc, char** argv) {
  using namespace limpet::client;
  limpet::net::hold_standard_descriptors();
  const ParsedOptions parsed = parse_options(std::vector<std::string>(argv + 1, argv + argc));
  if (!parsed.options) {
    std::fputs(escaped_lines(parsed.text).c_str(), parsed.exit == kDone ? stdout : stderr);
    return parsed.exit;
  }
  return run(*parsed.options);
}
