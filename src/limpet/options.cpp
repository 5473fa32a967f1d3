#include "options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <limpet/base/duration.hpp>
#include <limpet/base/number.hpp>
#include <limpet/base/text.hpp>
#include <sstream>
#include <string_view>

#include "commands.hpp"
#include "exit_codes.hpp"

namespace limpet::client {

namespace {

constexpr const char* kDescription =
    "Talks to a limpet server, or to any that speaks Redis's protocol.\n"
    "  limpet [OPTIONS] COMMAND ARG...      sends one command and prints its reply\n"
    "  limpet [OPTIONS]                     reads commands from a person, or, line by line, from a pipe\n"
    "  limpet [OPTIONS] where KEY...        whose a key is, and on which node it lives\n"
    "  limpet [OPTIONS] cluster status      the nodes of the cluster, as a table; --json for scripts\n"
    "  limpet cluster follow                sessions on their way, until all are where they are to be\n"
    "  limpet cluster reload [--all]        has a node, or every node, read its files again; --dry-run only "
    "tells\n"
    "  limpet cluster drain NODE            has a node give all its sessions to others\n"
    "  limpet cluster undrain [NODE]        ends a drain: the node gets its sessions back\n"
    "  limpet cluster claim NODE            has others take the slots of a node that is gone for good\n"
    "  limpet plan OLD NEW                  what moves from one cluster file to another\n"
    "  limpet haproxy FILE                  the backend of HAProxy that belongs to a cluster file\n"
    "  limpet journal verify DIR            whether a node's data directory is sound\n"
    "  limpet journal dump DIR [KEY]        the changes in it, or those of one key\n"
    "  limpet backup DIR TARGET             copies it, also while its node runs\n";

constexpr const char* kFooter =
    "Environment: LIMPET_SERVER (as --server), LIMPET_PASSWORD (the password itself).\n"
    "Exit codes:\n"
    "  0  done\n"
    "  1  the server answered with an error; a data directory is damaged\n"
    "  2  wrong use: options or lines that limpet does not understand, no data directory\n"
    "  3  cannot connect, connection lost, or no answer in time\n"
    "  4  a file that cannot be read or is not valid\n"
    "  5  a node does not answer, nodes run different cluster files, slots are out of reach, or not all "
    "that\n"
    "     was reloaded is in force";

// As the durations of limpetd; and a number without a unit, which has always been of seconds.
Result<double> parse_timeout(const std::string& text) {
  constexpr double kLeast = 0.001;
  constexpr double kMost = 86'400;
  auto seconds = parse_float(text);
  if (!seconds) {
    const auto ms = parse_duration_ms(text);
    if (!ms) return tl::unexpected(ms.error());
    seconds = static_cast<long double>(*ms) / 1000;
  }
  if (*seconds >= kLeast && *seconds <= kMost) return static_cast<double>(*seconds);
  return fail(Code::bad_config, text + " is out of range: from 1ms to 24h");
}

void add_server_options(CLI::App& app, Options& options, bool from_environment) {
  auto* server =
      app.add_option("-s,--server", options.server, "The server to talk to, or the path of its Unix socket")
          ->type_name("HOST:PORT");
  if (from_environment) server->envname("LIMPET_SERVER")->capture_default_str();
  app.add_option("-a,--password-file", options.password_file, "File with the password")->type_name("FILE");
  const auto take_timeout = [&options](const std::string& text) {
    const auto seconds = parse_timeout(text);
    if (!seconds) throw CLI::ValidationError("--timeout", seconds.error().text);
    options.timeout_s = *seconds;
  };
  app.add_option_function<std::string>("-t,--timeout", take_timeout,
                                       "How long to wait for an answer: 500ms, 2s, 1m; a number alone is "
                                       "seconds [10s]")
      ->type_name("TIME");
}

// The option that is given, but empty, as in "--server= PING": CLI11 would take the next word for its value.
// Behind the first word that is no option, everything is the server's where `only_front`.
std::string empty_option(const CLI::App& app, const std::vector<std::string>& args, bool only_front) {
  for (std::size_t i = 0; i < args.size(); ++i) {
    const std::string& word = args[i];
    if (only_front && !word.starts_with('-')) return {};
    if (word.starts_with("--") && word.ends_with('=')) {
      const std::string name = word.substr(0, word.size() - 1);
      if (app.get_option_no_throw(name) != nullptr) return name;
    }
    const CLI::Option* const option = word.starts_with('-') ? app.get_option_no_throw(word) : nullptr;
    if (option == nullptr || option->get_items_expected_max() == 0) continue;
    if (++i < args.size() && args[i].empty()) return word;
  }
  return {};
}

// Every wrong use is told alike: what is wrong, and where to look. `program`: limpet, or limpet and a tool.
ParsedOptions usage_error(const std::string& text, const std::string& program = "limpet") {
  return {std::nullopt, kUsage, "limpet: " + text + "\nRun " + program + " --help for more information.\n"};
}

// CLI11 throws; nothing of that leaves this file. Nothing: parsed.
std::optional<ParsedOptions> parse(CLI::App& app, const std::vector<std::string>& args) {
  if (const std::string option = empty_option(app, args, app.get_prefix_command()); !option.empty()) {
    return usage_error(option + " is empty; give it a value, or leave it out", app.get_name());
  }
  try {
    app.parse(std::vector<std::string>(args.rbegin(), args.rend()));
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) return usage_error(error.what(), app.get_name());
    std::ostringstream out;
    app.exit(error, out, out);
    return ParsedOptions{std::nullopt, kDone, out.str()};
  }
}

ParsedOptions parse_where(Options options, const std::vector<std::string>& args) {
  WhereTask task;
  CLI::App app(
      "Tells whose a key is, its slot, and the node on which it lives, and why. Of several keys a line each: "
      "the "
      "node, whether it answers, the slot, the key. With - in their place keys are read from the standard "
      "input, one "
      "a line.",
      "limpet where");
  add_server_options(app, options, false);
  app.add_option("KEY", task.keys, "The keys, or - for those of the standard input")->required();
  app.add_option("-c,--config", task.config_file, "Reads this cluster file instead of asking a node")
      ->type_name("FILE");
  if (auto stop = parse(app, args)) return *stop;
  options.task = std::move(task);
  return {std::move(options)};
}

ParsedOptions parse_plan(Options options, const std::vector<std::string>& args) {
  PlanTask task;
  CLI::App app("Tells how many slots move when one cluster file is replaced by another.", "limpet plan");
  app.add_option("OLD", task.before_file, "The cluster file now in force")->required();
  app.add_option("NEW", task.after_file, "The one that is to replace it")->required();
  app.add_flag("--json", task.json, "Prints JSON");
  if (auto stop = parse(app, args)) return *stop;
  options.task = std::move(task);
  return {std::move(options)};
}

ParsedOptions parse_haproxy(Options options, const std::vector<std::string>& args) {
  HaproxyTask task;
  CLI::App app(
      "Prints the backend of HAProxy that belongs to a cluster file, with health checks by the admin ports, "
      "so "
      "that "
      "the list of nodes is written once. Reads the file and asks no node.",
      "limpet haproxy");
  app.add_option("FILE", task.file, "The cluster file")->required();
  if (auto stop = parse(app, args)) return *stop;
  options.task = std::move(task);
  return {std::move(options)};
}

ParsedOptions parse_status(Options options, const std::vector<std::string>& args) {
  StatusTask task;
  CLI::App app("Shows the nodes of the cluster, as the asked one sees them.", "limpet cluster status");
  add_server_options(app, options, false);
  app.add_flag("--json", task.json, "Prints JSON");
  if (auto stop = parse(app, args)) return *stop;
  options.task = task;
  return {std::move(options)};
}

ParsedOptions parse_reload(Options options, const std::vector<std::string>& args) {
  ReloadTask task;
  CLI::App app(
      "Has a node read its cluster file and settings again, as at SIGHUP. With --all every node is asked "
      "first "
      "what it would do: if one would refuse, or their files differ, nothing is changed on any (exit code "
      "1). "
      "Ends with 5 if not all is in force after it: a node does not answer, or a setting waits for a "
      "restart.",
      "limpet cluster reload");
  add_server_options(app, options, false);
  app.add_flag("--all", task.all, "Has every node do so");
  app.add_flag("--dry-run", task.dry_run, "Only tells what would change, and changes nothing");
  if (auto stop = parse(app, args)) return *stop;
  options.task = task;
  return {std::move(options)};
}

ParsedOptions parse_follow(Options options, const std::vector<std::string>& args) {
  CLI::App app("Shows slots on their way until all are where they are to be.", "limpet cluster follow");
  add_server_options(app, options, false);
  if (auto stop = parse(app, args)) return *stop;
  options.task = FollowTask{};
  return {std::move(options)};
}

ParsedOptions parse_drain(Options options, const std::vector<std::string>& args) {
  DrainTask task;
  bool no_wait = false;
  CLI::App app(
      "Has a node give all its sessions to others, until it is started again, and waits until it has. Ends "
      "with 1 if "
      "nobody can take them.",
      "limpet cluster drain");
  add_server_options(app, options, false);
  app.add_option("NODE", task.node, "The name of the node")->required();
  app.add_flag("--no-wait", no_wait, "Does not wait");
  if (auto stop = parse(app, args)) return *stop;
  task.wait = !no_wait;
  options.task = std::move(task);
  return {std::move(options)};
}

ParsedOptions parse_undrain(Options options, const std::vector<std::string>& args) {
  UndrainTask task;
  CLI::App app("Ends a drain: what the cluster file gives the node comes back to it.",
               "limpet cluster undrain");
  add_server_options(app, options, false);
  app.add_option("NODE", task.node, "The name of the node; else the one that is asked");
  if (auto stop = parse(app, args)) return *stop;
  options.task = std::move(task);
  return {std::move(options)};
}

ParsedOptions parse_claim(Options options, const std::vector<std::string>& args) {
  ClaimTask task;
  CLI::App app(
      "Has other nodes take the slots of one that is gone for good, its disk too. What none of them has "
      "begins "
      "empty. The "
      "cluster file "
      "must say that it is down, or not name it.",
      "limpet cluster claim");
  add_server_options(app, options, false);
  app.add_option("NODE", task.node, "The name of the node that is gone")->required();
  app.add_flag("--yes", task.yes, "Does not ask whether its process is stopped");
  if (auto stop = parse(app, args)) return *stop;
  options.task = std::move(task);
  return {std::move(options)};
}

ParsedOptions parse_verify(Options options, const std::vector<std::string>& args) {
  VerifyTask task;
  CLI::App app("Reads all files of a data directory, also of a node that runs. Ends with 0 if it is sound.",
               "limpet journal verify");
  app.add_option("DIR", task.directory, "The data directory of a node")->required();
  if (auto stop = parse(app, args)) return *stop;
  options.task = std::move(task);
  return {std::move(options)};
}

ParsedOptions parse_dump(Options options, const std::vector<std::string>& args) {
  DumpTask task;
  CLI::App app(
      "Prints the changes in a data directory, one a line: file, offset, slot, number, what it does.",
      "limpet journal dump");
  app.add_option("DIR", task.directory, "The data directory of a node")->required();
  app.add_option("KEY", task.key, "Prints only what concerns this key, in its order");
  app.add_flag("--full", task.full, "Prints long strings in whole");
  if (auto stop = parse(app, args)) return *stop;
  options.task = std::move(task);
  return {std::move(options)};
}

ParsedOptions parse_backup(Options options, const std::vector<std::string>& args) {
  BackupTask task;
  CLI::App app("Copies a data directory, also of a node that runs, and checks the copy.", "limpet backup");
  app.add_option("DIR", task.directory, "The data directory of a node")->required();
  app.add_option("TARGET", task.target, "The directory to make")->required();
  if (auto stop = parse(app, args)) return *stop;
  options.task = std::move(task);
  return {std::move(options)};
}

// Words of our tools that no server knows as commands of their own.
std::optional<ParsedOptions> meant_tool(const std::vector<std::string>& words) {
  constexpr std::array<std::string_view, 6> kOfCluster = {"status", "follow",  "reload",
                                                          "drain",  "undrain", "claim"};
  const auto found = std::find(kOfCluster.begin(), kOfCluster.end(), to_lower(words[0]));
  if (found == kOfCluster.end()) return std::nullopt;
  return usage_error("there is no command " + words[0] + "; did you mean limpet cluster " +
                     std::string(*found) + "?");
}

// redis-cli has -h HOST and -p PORT; here -h is for help alone.
std::optional<ParsedOptions> meant_server(const std::vector<std::string>& args) {
  std::string host;
  std::string port;
  for (std::size_t i = 0; i + 1 < args.size() && args[i].starts_with('-'); ++i) {
    const std::string& value = args[i + 1];
    const bool has_value = args[i] == "-s" || args[i] == "-a" || args[i] == "-t" || args[i] == "--server" ||
                           args[i] == "--password-file" || args[i] == "--timeout";
    if (args[i] == "-h" && !value.starts_with('-')) host = value;
    if (args[i] == "-p") port = value;
    if (has_value || (args[i] == "-h" && !host.empty()) || args[i] == "-p") ++i;
  }
  if (host.empty() && port.empty()) return std::nullopt;
  return usage_error("the server is named by -s HOST:PORT; did you mean -s " +
                     (host.empty() ? "127.0.0.1" : host) + ":" + (port.empty() ? "7379" : port) + "?");
}

}  // namespace

// A word that is no tool of ours is the server's: so is `cluster info`.
ParsedOptions parse_task(Options options, const std::vector<std::string>& words) {
  using Parse = ParsedOptions (*)(Options, const std::vector<std::string>&);
  struct Tool {
    std::string_view first;
    std::string_view second;
    Parse parse;
  };
  constexpr std::array<Tool, 12> kTools = {{{"where", "", parse_where},
                                            {"plan", "", parse_plan},
                                            {"haproxy", "", parse_haproxy},
                                            {"backup", "", parse_backup},
                                            {"journal", "verify", parse_verify},
                                            {"journal", "dump", parse_dump},
                                            {"cluster", "status", parse_status},
                                            {"cluster", "reload", parse_reload},
                                            {"cluster", "follow", parse_follow},
                                            {"cluster", "drain", parse_drain},
                                            {"cluster", "undrain", parse_undrain},
                                            {"cluster", "claim", parse_claim}}};
  const std::vector<std::string_view> views(words.begin(), words.end());
  for (const Tool& tool : kTools) {
    if (!begins_with(views, tool.first, tool.second)) continue;
    return tool.parse(std::move(options), {words.begin() + (tool.second.empty() ? 1 : 2), words.end()});
  }
  if (begins_with(views, "journal")) return usage_error("journal: verify or dump is to follow");
  if (auto meant = meant_tool(words)) return *meant;
  options.task = CommandTask{words};
  return {std::move(options)};
}

ParsedOptions parse_options(const std::vector<std::string>& args) {
  Options options;
  bool raw = false;
  bool pretty = false;
  CLI::App app(kDescription, "limpet");
  app.footer(kFooter);
  app.set_version_flag("--version", std::string("limpet ") + LIMPET_VERSION);
  app.prefix_command();
  add_server_options(app, options, true);
  app.add_flag("-3,--resp3", options.resp3, "Speaks RESP3");
  app.add_flag("--partial", options.partial,
               "DBSIZE, KEYS and SCAN do with the nodes that answer, and name those that do not");
  app.add_flag("--raw", raw, "Prints replies as they are, also to a terminal");
  app.add_flag("--pretty", pretty, "Prints replies for people, also into a pipe");
  if (auto meant = meant_server(args)) return *meant;
  if (auto stop = parse(app, args)) return *stop;
  if (raw && pretty) return usage_error("--raw and --pretty exclude each other");
  if (raw || pretty) options.look = raw ? Look::raw : Look::pretty;

  const std::vector<std::string> words = app.remaining();
  if (options.partial && words.empty()) return usage_error("--partial wants a command: DBSIZE, KEYS or SCAN");
  if (words.empty()) return {std::move(options)};
  // An option that limpet does not know is a slip, not a command.
  if (words[0].starts_with('-') && words[0].size() > 1) return usage_error("unknown option " + words[0]);
  return parse_task(std::move(options), words);
}

}  // namespace limpet::client
