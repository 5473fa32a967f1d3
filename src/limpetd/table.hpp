// The table of settings: one row each. Flags, environment variables, keys of the [server] table, --help and
// --print-config all follow from it, so a new setting is one new row and the place that reads it.
//
// A row "max-clients" is the flag --max-clients, the variable LIMPET_MAX_CLIENTS and the key max_clients.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <limpet/base/limits.hpp>
#include <string>
#include <string_view>

namespace limpet::limpetd {

enum class Kind : std::uint8_t {
  text,
  path,          // of a file or folder; a relative one in a file counts from that file's folder
  address,       // HOST:PORT
  whole,         // a whole number
  memory,        // a number of bytes: digits, with a unit or without
  milliseconds,  // a duration: digits and a unit
  seconds,       // a duration of whole seconds
  yes_no,
  choice,  // one of `choices`
};

// Where a setting may come from, besides its default.
enum class From : std::uint8_t {
  anywhere,
  command,      // flag and environment: it decides what is read in the first place
  alone,        // as `command`, and only for a node without a cluster file
  environment,  // the environment alone: flags show in the list of processes
};

struct Row {
  std::string_view name;
  Kind kind;
  From from;
  bool reloadable;  // SIGHUP applies a changed value
  std::string_view fallback;
  std::string_view group;
  std::string_view argument;
  std::string_view help;
  std::string_view choices = {};  // for Kind::choice: "a|b|c"
  std::int64_t min = 0;           // for numbers and durations, in their unit
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
};

inline constexpr std::int64_t kHourMs = 3'600'000;

inline constexpr std::array kRows = {
    // clang-format off
    Row{"config", Kind::path, From::command, false, "", "Which node", "FILE",
        "the cluster file; without one, limpetd runs a single node"},
    Row{"node", Kind::text, From::command, false, "", "Which node", "NAME",
        "which [[node]] of the cluster file this process is"},
    Row{"new-cluster", Kind::yes_no, From::command, false, "no", "Which node", "[yes|no]",
        "no node of an earlier cluster file holds sessions, so this one may be the first although its epoch is not 1"},
    Row{"listen", Kind::address, From::alone, false, "127.0.0.1:7379", "Which node", "HOST:PORT",
        "where clients connect, without a cluster file"},
    Row{"admin", Kind::address, From::alone, false, "off", "Which node", "HOST:PORT",
        "HTTP for /livez /readyz /metrics /status, without a cluster file"},

    Row{"shards", Kind::whole, From::anywhere, false, "cores", "Sessions", "N",
        "threads that hold sessions", {}, 1, static_cast<std::int64_t>(kShardsMax)},
    Row{"data-dir", Kind::path, From::anywhere, false, "", "Sessions", "DIR",
        "where a node keeps its journal and snapshots; one node, one directory. For a node of a cluster "
        "limpet-data/NAME"},
    Row{"durability", Kind::choice, From::anywhere, false, "none", "Sessions", "MODE",
        "none, interval (a killed process loses nothing, a host that fails a second) or always (nothing is "
        "answered before it is on the disk). Default: what [cluster] says; interval with --data-dir",
        "none|interval|always"},
    Row{"repair", Kind::yes_no, From::command, false, "no", "Sessions", "[yes|no]",
        "serve damaged slots with what can be read of them, and drop the rest; the log says what and where"},
    Row{"max-memory", Kind::memory, From::anywhere, true, "0", "Sessions", "BYTES",
        "what all sessions of this node may take, like 512mb or 8gb; 0: no bound"},
    Row{"when-full", Kind::choice, From::anywhere, true, "refuse", "Sessions", "WHAT",
        "at max-memory: refuse writes with -OOM, or evict the longest-idle sessions of which every key has a "
        "time-out",
        "refuse|evict"},

    Row{"socket", Kind::path, From::anywhere, false, "", "Clients", "PATH",
        "also serve clients of this host at a Unix socket; each node of a host needs its own"},
    Row{"socket-mode", Kind::choice, From::anywhere, false, "0600", "Clients", "MODE",
        "who may connect there: 0600 this user, 0660 its group too, 0666 everybody", "0600|0660|0666"},
    Row{"max-clients", Kind::whole, From::anywhere, true, "10000", "Clients", "N",
        "client connections at a time; lowered if the limit of open files cannot be raised", {}, 1, 1'000'000},
    Row{"client-memory", Kind::memory, From::anywhere, true, "1gb", "Clients", "BYTES",
        "what requests and replies under way may take in sum; beyond it the clients with the most are closed; "
        "0: no bound"},
    Row{"idle-timeout", Kind::milliseconds, From::anywhere, true, "0", "Clients", "TIME",
        "close a client that sends nothing for so long; 0: never", {}, 0, 24 * kHourMs},
    Row{"tcp-keepalive", Kind::seconds, From::anywhere, false, "300s", "Clients", "TIME",
        "probe a silent client's connection so often; 0: off", {}, 0, 86'400},
    Row{"protected-mode", Kind::yes_no, From::anywhere, true, "yes", "Clients", "yes|no",
        "without a password, answer clients of this host alone"},
    Row{"password-file", Kind::path, From::anywhere, true, "", "Clients", "FILE",
        "holds the password for AUTH, and while it is changed the one before in a second line; LIMPET_PASSWORD "
        "may hold the password itself. Default: password_file of [cluster]"},
    Row{"password", Kind::text, From::environment, false, "", "Clients", "", ""},

    Row{"forward-timeout", Kind::milliseconds, From::anywhere, true, "2s", "Other nodes", "TIME",
        "how long a command may wait for another node", {}, 10, kHourMs},
    Row{"handover-rate", Kind::memory, From::anywhere, true, "0", "Other nodes", "BYTES",
        "how much of its sessions a node gives to others in a second at most, like 20mb; 0: no limit",
        {}, 0, static_cast<std::int64_t>(kHandoverRateMax)},
    Row{"secret-file", Kind::path, From::anywhere, true, "", "Other nodes", "FILE",
        "holds the secret that nodes prove to each other, and while it is changed the one before in a second line; "
        "LIMPET_SECRET may hold the secret itself. Default: "
        "secret_file of [cluster]"},
    Row{"trust-peer-port", Kind::yes_no, From::anywhere, true, "no", "Other nodes", "[yes|no]",
        "let there be a password without a secret: whoever reaches the peer port, which has to be on loopback, needs "
        "neither"},
    Row{"secret", Kind::text, From::environment, false, "", "Other nodes", "", ""},

    Row{"log-level", Kind::choice, From::anywhere, true, "info", "Log", "LEVEL",
        "debug, info, warning or error", "debug|info|warning|error"},
    Row{"log-file", Kind::path, From::anywhere, false, "", "Log", "FILE",
        "log to this file instead of standard error; SIGUSR1 and SIGHUP open it anew"},
    Row{"log-format", Kind::choice, From::anywhere, false, "text", "Log", "FORMAT", "text or json", "text|json"},

    Row{"daemonize", Kind::yes_no, From::anywhere, false, "no", "Process", "[yes|no]",
        "go to the background once the node is ready"},
    Row{"pid-file", Kind::path, From::anywhere, false, "", "Process", "FILE",
        "holds the process id while the node runs"},
    Row{"drain-on-stop", Kind::yes_no, From::anywhere, true, "no", "Process", "[yes|no]",
        "at SIGTERM or SIGINT a node of a cluster gives all its sessions to other nodes before it stops"},
    Row{"drain-timeout", Kind::milliseconds, From::anywhere, true, "60s", "Process", "TIME",
        "how long it tries that; what is left then stays on its disk", {}, 0, 24 * kHourMs},
    Row{"drain-linger", Kind::milliseconds, From::anywhere, true, "5s", "Process", "TIME",
        "how long it answers /readyz with 503 at least, and clients as ever, so that load balancers notice",
        {}, 0, kHourMs},
    Row{"stop-timeout", Kind::milliseconds, From::anywhere, false, "5s", "Process", "TIME",
        "how long a stop waits for answers that are on their way", {}, 0, kHourMs},
    // clang-format on
};

inline constexpr std::size_t kRowCount = kRows.size();

// The place of a row, worked out by the compiler: a name that is in no row does not compile.
struct Name {
  std::size_t index;
  consteval Name(const char* name)
      : index(0) {  // NOLINT(google-explicit-constructor): reads as the name it is
    const std::string_view wanted = name;
    while (kRows.at(index).name != wanted) ++index;
  }
};

[[nodiscard]] constexpr const Row& row(Name name) { return kRows[name.index]; }

[[nodiscard]] std::string flag_of(const Row& row);        // --max-clients
[[nodiscard]] std::string variable_of(const Row& row);    // LIMPET_MAX_CLIENTS
[[nodiscard]] std::string server_key_of(const Row& row);  // max_clients

// The known name that `word` was probably meant to be; empty if none is near. Both in the same spelling.
template <class Names>
[[nodiscard]] std::string nearest(std::string_view word, const Names& names);

// How many letters to add, drop, change or swap with their neighbour, to get from one word to the other.
[[nodiscard]] std::size_t edits_between(std::string_view a, std::string_view b);

template <class Names>
std::string nearest(std::string_view word, const Names& names) {
  std::string best;
  std::size_t fewest = 3;  // more than two edits is another word
  for (const auto& name : names) {
    const std::size_t edits = edits_between(word, name);
    if (edits < fewest && edits < word.size()) {
      fewest = edits;
      best = name;
    }
  }
  return best;
}

}  // namespace limpet::limpetd
