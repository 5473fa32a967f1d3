// Loading: from what was given to everything that a node needs to start, files and secrets read.
//
// Used at the start, by --check-config and --print-config, and again on SIGHUP. Reads files and changes
// nothing.
#pragma once

#include <limpet/base/result.hpp>
#include <limpet/node/settings.hpp>
#include <string>
#include <vector>

#include "drain.hpp"
#include "merge.hpp"

namespace limpet::limpetd {

struct LogSettings {
  std::string level = "info";
  std::string file;  // empty: standard error
  bool json = false;
};

struct Launch {
  node::Settings node;
  int password_line = 0;     // of password_file in [cluster]
  bool knows_itself = true;  // false: a cluster file was checked without saying which node is meant
  bool left_file = false;    // the node that was named is not in it, and may start to give away what it holds
  LogSettings log;
  bool daemonize = false;
  std::string pid_file;
  DrainSettings drain;
  Values values;                      // for --print-config, and to tell on SIGHUP what changed
  std::vector<std::string> warnings;  // that do not keep a node from starting
};

struct LoadOptions {
  bool node_optional = false;     // --check-config may look at a file without being one of its nodes
  bool node_may_be_gone = false;  // a running node may have left the file; it then does not know itself
};

// Error: the text names the flag, the variable or FILE:LINE:COLUMN, and what to write instead.
[[nodiscard]] Result<Launch> load(const Given& given, LoadOptions options = {});

[[nodiscard]] node::Reloadable reloadable(const node::Settings& settings);

// The cores that this process may run on.
[[nodiscard]] unsigned usable_cores();

}  // namespace limpet::limpetd
