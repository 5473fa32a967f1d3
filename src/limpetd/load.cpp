#include "load.hpp"

#include <sched.h>

#include <algorithm>
#include <filesystem>
#include <limpet/node/left_behind.hpp>
#include <optional>
#include <utility>

#include "files.hpp"
#include "value.hpp"

namespace limpet::limpetd {
namespace {

std::string absolute(const std::string& path) {
  if (path.empty()) return path;
  std::error_code error;
  const std::filesystem::path full = std::filesystem::absolute(path, error);
  return error ? path : full.string();
}

std::string names_of(const cluster::View& view) {
  std::string names;
  for (const cluster::Node& node : view.nodes) names += (names.empty() ? "" : ", ") + node.name;
  return names;
}

// ---- Which node
// --------------------------------------------------------------------------------------------

Result<void> refuse_addresses(const Values& values) {
  for (const Name name : {Name("listen"), Name("admin")}) {
    if (!values.given(name)) continue;
    return fail(Code::bad_config, values[name].where +
                                      ": with a cluster file the addresses of a node stand in its "
                                      "[[node]]; drop this, or drop " +
                                      values["config"].where);
  }
  return {};
}

Result<void> choose_node(Launch& launch, const cluster::View& view, LoadOptions options) {
  const Value& wanted = launch.values["node"];
  const std::string& file = launch.node.config_file;
  if (wanted.text.empty()) {
    // With one node in the file there is nothing to choose.
    if (view.nodes.size() == 1) return {};
    launch.knows_itself = false;
    if (options.node_optional) return {};
    return fail(Code::bad_config,
                "which node of " + file + " is this? Say --node with one of: " + names_of(view));
  }
  const auto found = view.find(wanted.text);
  if (!found) {
    launch.knows_itself = false;
    launch.left_file = !options.node_may_be_gone;
    return {};
  }
  launch.node.self = *found;
  return {};
}

Result<void> take_cluster(Launch& launch, const Given& given, LoadOptions options) {
  const std::string path = launch.values["config"].text;
  launch.node.config_file = absolute(path);
  const auto text = read_file(path, kConfigBytesMax);
  if (!text) return fail(Code::bad_config, text.error().text + " (" + launch.values["config"].where + ")");
  auto parsed = cluster::parse_file(*text, path);
  if (!parsed) return tl::unexpected(parsed.error());
  auto values = merge(given, parsed->server, path);
  if (!values) return tl::unexpected(values.error());
  launch.values = std::move(*values);
  if (auto done = refuse_addresses(launch.values); !done) return done;
  if (auto done = choose_node(launch, parsed->view, options); !done) return done;
  launch.node.view = std::move(parsed->view);
  launch.node.config_text = *text;
  launch.password_line = parsed->password_line;
  if (launch.values.given("durability")) return {};
  for (std::size_t i = 0; i < kRowCount; ++i) {
    if (kRows[i].name != "durability") continue;
    launch.values.at(i) = {std::string(name_of(launch.node.view.durability)), 0, Origin::file,
                           path + ", [cluster]"};
  }
  return {};
}

cluster::Durability durability_of(std::string_view text) {
  return text == "always"     ? cluster::Durability::always
         : text == "interval" ? cluster::Durability::interval
                              : cluster::Durability::none;
}

Result<void> take_single(Launch& launch) {
  const Values& values = launch.values;
  if (values.given("node")) {
    return fail(
        Code::bad_config,
        values["node"].where + ": a node has a name only in a cluster file; say which with --config FILE");
  }
  const auto listen = cluster::parse_address(values["listen"].text);
  if (!listen) return fail(Code::bad_config, values["listen"].where + ": " + listen.error().text);
  launch.node.view = cluster::single_node(*listen, cluster::Durability::none);
  if (values["admin"].text == row("admin").fallback) return {};
  const auto admin = cluster::parse_address(values["admin"].text);
  if (!admin) return fail(Code::bad_config, values["admin"].where + ": " + admin.error().text);
  launch.node.view.nodes[0].admin = *admin;
  return {};
}

// ---- Secrets
// -----------------------------------------------------------------------------------------------

// Flag > environment (the secret itself, or its file) > [server] > [cluster].
Result<Secrets> find_secrets(Launch& launch, Name literal, Name file, const std::string& cluster_file) {
  const Value& in_environment = launch.values[literal];
  const Value& in_file = launch.values[file];
  const auto taken = [&](Result<SecretText> found, const std::string& what) -> Result<Secrets> {
    if (!found) return fail(Code::bad_config, what + found.error().text);
    launch.warnings.insert(launch.warnings.end(), found->warnings.begin(), found->warnings.end());
    return std::move(found->secrets);
  };
  if (launch.values.given(literal) && in_file.origin != Origin::flag)
    return taken(parse_secrets(in_environment.text, in_environment.where), "");
  std::string path = in_file.text;
  if (path.empty()) path = beside(launch.node.config_file, cluster_file);
  if (path.empty()) return Secrets();
  return taken(read_secrets(path), std::string(row(file).name) + " ");
}

Result<void> take_secrets(Launch& launch) {
  auto password = find_secrets(launch, "password", "password-file", launch.node.view.password_file);
  if (!password) return tl::unexpected(password.error());
  launch.node.password = std::move(*password);
  auto secret = find_secrets(launch, "secret", "secret-file", launch.node.view.secret_file);
  if (!secret) return tl::unexpected(secret.error());
  launch.node.secret = std::move(*secret);
  return {};
}

// ---- The rest
// ----------------------------------------------------------------------------------------------

void take_numbers(Launch& launch) {
  const Values& values = launch.values;
  node::Settings& node = launch.node;
  const bool by_cores = values["shards"].text == row("shards").fallback;
  node.shards = by_cores ? usable_cores() : static_cast<unsigned>(values["shards"].number);
  node.socket_mode = static_cast<unsigned>(std::stoul(values["socket-mode"].text, nullptr, 8));
  node.protected_mode = values["protected-mode"].number != 0;
  node.max_clients = static_cast<std::size_t>(values["max-clients"].number);
  node.idle_timeout_ms = values["idle-timeout"].number;
  node.tcp_keepalive_s = values["tcp-keepalive"].number;
  node.forward_timeout_ms = values["forward-timeout"].number;
  node.handover_rate = static_cast<std::uint64_t>(values["handover-rate"].number);
  node.stop_timeout_ms = values["stop-timeout"].number;
  node.repair = values["repair"].number != 0;
  node.new_cluster = values["new-cluster"].number != 0;
  node.max_memory = static_cast<std::uint64_t>(values["max-memory"].number);
  node.client_memory = static_cast<std::uint64_t>(values["client-memory"].number);
  node.evict_when_full = values["when-full"].text == "evict";
}

void take_paths(Launch& launch) {
  const Values& values = launch.values;
  launch.log = {values["log-level"].text, absolute(values["log-file"].text),
                values["log-format"].text == "json"};
  launch.daemonize = values["daemonize"].number != 0;
  launch.drain = {values["drain-on-stop"].number != 0, values["drain-timeout"].number,
                  values["drain-linger"].number};
  launch.pid_file = absolute(values["pid-file"].text);
  launch.node.socket = absolute(values["socket"].text);
  std::string data_dir = values["data-dir"].text;
  const bool in_cluster = !launch.node.config_file.empty() && launch.knows_itself;
  if (data_dir.empty() && in_cluster) data_dir = "limpet-data/" + launch.node.me().name;
  launch.node.data_dir = absolute(data_dir);
}

// The file does not name this node. As long as its directory holds slots it starts all the same, to give them
// to the others.
Result<void> take_left_file(Launch& launch) {
  const Value& wanted = launch.values["node"];
  const std::string who = wanted.where + ": no node '" + wanted.text + "' in " + launch.node.config_file +
                          "; it names " + names_of(launch.node.view);
  if (launch.node.data_dir.empty()) launch.node.data_dir = absolute("limpet-data/" + wanted.text);
  const std::string directory = " data directory " + launch.node.data_dir;
  const auto left = node::left_behind(launch.node.data_dir, wanted.text);
  if (!left)
    return fail(Code::bad_config,
                who + ". Whether its" + directory + " holds slots is not known: " + left.error().text);
  if (!left->there) return fail(Code::bad_config, who);
  if (left->slots == 0) {
    return fail(Code::bad_config,
                who + ". Its" + directory +
                    " holds no slots, so it has nothing to give away: it need not run any more");
  }
  const std::string holds = "its" + directory + " holds " + std::to_string(left->slots) + " slots";
  if (!left->node) {
    return fail(Code::bad_config,
                who + ". But " + holds +
                    ", and does not say where this node was to be found: list it again, with state = "
                    "\"draining\", reload the other nodes, start it, and take it out once it holds none");
  }
  launch.node.view.nodes.push_back(*left->node);
  launch.node.self = static_cast<cluster::NodeIndex>(launch.node.view.nodes.size() - 1);
  launch.knows_itself = true;
  launch.warnings.push_back(launch.node.config_file + " does not name node " + wanted.text + ", but " +
                            holds + ": it starts where it was last, at " + left->node->client.text() +
                            ", and gives them to the others; stop it once it holds none");
  return {};
}

Result<void> take_durability(Launch& launch) {
  const Values& values = launch.values;
  cluster::View& view = launch.node.view;
  const bool by_data_dir =
      values["durability"].origin == Origin::fallback && !values["data-dir"].text.empty();
  view.durability = by_data_dir ? cluster::Durability::interval : durability_of(values["durability"].text);
  if (view.durability == cluster::Durability::none && view.copies.followers > 0) {
    return fail(Code::bad_config, values["durability"].where +
                                      ": durability none, but the cluster file wants followers, which need a "
                                      "journal; leave it to the file, or write interval or always");
  }
  if (view.durability == cluster::Durability::none || !launch.node.data_dir.empty() || !launch.knows_itself)
    return {};
  return fail(Code::bad_config, values["durability"].where + ": durability " +
                                    std::string(name_of(view.durability)) +
                                    " wants a place for the journal: say where with --data-dir DIR");
}

Result<void> take_kill_at(Launch& launch, const Environment& environment) {
  const auto found = environment.find(std::string(kKillVariable));
  if (found == environment.end()) return {};
  auto kill_at = node::parse_kill_at(found->second);
  if (!kill_at) return fail(Code::bad_config, found->first + ": " + kill_at.error().text);
  launch.node.kill_at = *kill_at;
  launch.warnings.push_back(found->first + " is set, for a test: this process kills itself at " +
                            found->second);
  return {};
}

// Where the password comes from, for a message.
std::string where_of_password(const Launch& launch) {
  for (const Name name : {Name("password"), Name("password-file")}) {
    if (launch.values.given(name)) return launch.values[name].where;
  }
  return launch.values["config"].text + ":" + std::to_string(launch.password_line);
}

// A password would keep nobody out: whoever reaches a peer port without a secret may act as a node, reads and
// writes every session, and can take slots.
Result<void> refuse_password_alone(const Launch& launch) {
  const node::Settings& node = launch.node;
  if (node.password.empty() || !node.secret.empty()) return {};
  const bool trusted = launch.values["trust-peer-port"].number != 0;
  for (const cluster::Node& of_file : node.view.nodes) {
    if (launch.knows_itself && of_file.name != node.me().name) continue;
    if (!of_file.peer || (trusted && cluster::is_loopback(of_file.peer->host))) continue;
    std::string text = where_of_password(launch) +
                       ": a password, but no secret between nodes: whoever reaches the peer port " +
                       of_file.peer->text() +
                       " reads and writes every session without it. Make a secret, the same for all "
                       "nodes (openssl rand -hex 32 > secret && chmod 600 secret), and add secret_file = "
                       "\"secret\" to [cluster] in " +
                       launch.values["config"].text;
    if (cluster::is_loopback(of_file.peer->host)) {
      text += "; or, if everybody on this host may read the sessions, trust_peer_port = \"yes\" to [server]";
    } else if (trusted) {
      text += "; " + launch.values["trust-peer-port"].where +
              ": trust-peer-port is for peer ports on loopback alone";
    }
    return fail(Code::bad_config, text);
  }
  return {};
}

void warn_of_refusals(Launch& launch) {
  const cluster::CopiesPolicy& copies = launch.node.view.copies;
  if (copies.followers == 0 || copies.min_followers < copies.followers) return;
  launch.warnings.push_back(
      "min_followers is as many as followers: while any node is away, also for a restart, "
      "writes to slots that it follows are refused");
}

void warn_of_open_doors(Launch& launch) {
  if (!launch.knows_itself) return;
  const cluster::Node& me = launch.node.me();
  if (launch.node.view.nodes.size() > 1 && me.peer && !cluster::is_loopback(me.peer->host) &&
      launch.node.secret.empty()) {
    launch.warnings.push_back("no secret: whoever reaches " + me.peer->text() +
                              " can read and write every session; set secret_file in [cluster]");
  }
  if (!launch.node.protected_mode && launch.node.password.empty() && !cluster::is_loopback(me.client.host)) {
    launch.warnings.push_back("no password and protected-mode no: whoever reaches " + me.client.text() +
                              " can read and write every session");
  }
  if (me.admin && !cluster::is_loopback(me.admin->host)) {
    launch.warnings.push_back("the admin address " + me.admin->text() +
                              " asks for no password; keep it inside a trusted network");
  }
}

}  // namespace

unsigned usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  const int count = ::sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  return static_cast<unsigned>(std::clamp(count, 1, static_cast<int>(kShardsMax)));
}

Result<Launch> load(const Given& given, LoadOptions options) {
  Launch launch;
  auto values = merge_without_file(given);
  if (!values) return tl::unexpected(values.error());
  launch.values = std::move(*values);
  launch.warnings = unknown_variables(given.environment);

  auto done =
      launch.values["config"].text.empty() ? take_single(launch) : take_cluster(launch, given, options);
  if (done) done = take_secrets(launch);
  if (!done) return tl::unexpected(done.error());
  take_numbers(launch);
  take_paths(launch);
  if (launch.left_file) {
    if (done = take_left_file(launch); !done) return tl::unexpected(done.error());
  }
  if (done = take_durability(launch); !done) return tl::unexpected(done.error());
  if (done = take_kill_at(launch, given.environment); !done) return tl::unexpected(done.error());
  if (done = refuse_password_alone(launch); !done) return tl::unexpected(done.error());
  warn_of_open_doors(launch);
  warn_of_refusals(launch);
  return launch;
}

node::Reloadable reloadable(const node::Settings& settings) {
  return {.password = settings.password,
          .secret = settings.secret,
          .protected_mode = settings.protected_mode,
          .max_clients = settings.max_clients,
          .idle_timeout_ms = settings.idle_timeout_ms,
          .forward_timeout_ms = settings.forward_timeout_ms,
          .handover_rate = settings.handover_rate,
          .max_memory = settings.max_memory,
          .client_memory = settings.client_memory,
          .evict_when_full = settings.evict_when_full};
}

}  // namespace limpet::limpetd
