#include "options.hpp"

#include <CLI/CLI.hpp>
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
    "  limpet [OPTIONS] cluster status      the nodes of the cluster, as a table\n"
    "  limpet cluster follow                sessions on their way, until all are where they are to be\n"
    "  limpet cluster reload [--all]        has a node, or every node, read its files again; --dry-run only "
    "tells\n"
    "  limpet cluster drain NODE            has a node give all its sessions to others\n"
    "  limpet cluster undrain [NODE]        ends a drain: the node gets its sessions back\n"
    "  limpet cluster claim NODE            has others take the slots of a node that is gone for good\n"
    "  limpet plan OLD NEW                  what moves from one cluster file to another\n"
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

void add_server_options(CLI::App& app, Options& options, bool from_environment) {
  auto* server =
      app.add_option("-s,--server", options.server, "The server to talk to, or the path of its Unix socket")
          ->type_name("HOST:PORT");
  if (from_environment) server->envname("LIMPET_SERVER")->capture_default_str();
  app.add_option("-a,--password-file", options.password_file, "File with the password")->type_name("FILE");
  app.add_option("-t,--timeout", options.timeout_s, "How long to wait for an answer")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.001, 86'400.0));
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

// CLI11 throws; nothing of that leaves this file. Nothing: parsed.
std::optional<ParsedOptions> parse(CLI::App& app, const std::vector<std::string>& args) {
  if (const std::string option = empty_option(app, args, app.get_prefix_command()); !option.empty()) {
    return ParsedOptions{std::nullopt, kUsage,
                         "limpet: " + option + " is empty; give it a value, or leave it out\n"};
  }
  try {
    app.parse(std::vector<std::string>(args.rbegin(), args.rend()));
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    const int code = app.exit(error, out, out);
    return ParsedOptions{std::nullopt, code == 0 ? kDone : kUsage, out.str()};
  }
}

ParsedOptions usage_error(const std::string& text) {
  return {std::nullopt, kUsage, "limpet: " + text + "\nRun limpet --help for more information.\n"};
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

ParsedOptions parse_status(Options options, const std::vector<std::string>& args) {
  CLI::App app("Shows the nodes of the cluster, as the asked one sees them.", "limpet cluster status");
  add_server_options(app, options, false);
  if (auto stop = parse(app, args)) return *stop;
  options.task = StatusTask{};
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

// A word that is no tool of ours is the server's: so is `cluster info`.
ParsedOptions parse_task(Options options, const std::vector<std::string>& words) {
  const std::vector<std::string_view> views(words.begin(), words.end());
  const auto from = [&](std::ptrdiff_t first) {
    return std::vector<std::string>(words.begin() + first, words.end());
  };
  if (words[0] == "where") return parse_where(std::move(options), from(1));
  if (words[0] == "plan") return parse_plan(std::move(options), from(1));
  if (begins_with(views, "cluster", "status")) return parse_status(std::move(options), from(2));
  if (words[0] == "backup") return parse_backup(std::move(options), from(1));
  if (begins_with(views, "journal", "verify")) return parse_verify(std::move(options), from(2));
  if (begins_with(views, "journal", "dump")) return parse_dump(std::move(options), from(2));
  if (words[0] == "journal") return usage_error("journal: verify or dump is to follow");
  if (begins_with(views, "cluster", "reload")) return parse_reload(std::move(options), from(2));
  if (begins_with(views, "cluster", "follow")) return parse_follow(std::move(options), from(2));
  if (begins_with(views, "cluster", "drain")) return parse_drain(std::move(options), from(2));
  if (begins_with(views, "cluster", "undrain")) return parse_undrain(std::move(options), from(2));
  if (begins_with(views, "cluster", "claim")) return parse_claim(std::move(options), from(2));
  options.task = CommandTask{words};
  return {std::move(options)};
}

}  // namespace

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
