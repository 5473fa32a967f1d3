#include "print.hpp"

#include <fmt/format.h>

#include <limpet/base/encoding.hpp>
#include <vector>

namespace limpet::limpetd {
namespace {

constexpr std::size_t kHelpColumn = 28;
constexpr std::size_t kHelpWidth = 100;

constexpr std::string_view kUsage =
    "limpetd keeps sessions in memory, each on one node, and answers for all of them.\n"
    "\n"
    "  limpetd                                one node, clients at 127.0.0.1:7379\n"
    "  limpetd --config FILE --node NAME      one node of the cluster that FILE describes\n"
    "  limpetd --check-config --config FILE   is FILE in order? 0 yes, 1 no\n";

constexpr std::string_view kNotes =
    "Every setting --some-name is also the environment variable LIMPET_SOME_NAME and, unless it says which "
    "node this\n"
    "is, the key some_name in the [server] table of the cluster file. Flag over environment over file over "
    "default.\n"
    "TIME is a number with its unit: 500ms, 2s, 1m, 1h, or 0. Secrets come from files or from "
    "LIMPET_PASSWORD and\n"
    "LIMPET_SECRET, never from a flag.\n"
    "\n"
    "SIGTERM, SIGINT  answer what is in flight and end; the second one ends at once\n"
    "SIGHUP           read the file and the secrets again; applies what is marked * and opens the log file "
    "anew\n"
    "SIGUSR1          open the log file anew\n"
    "\n"
    "Exit codes: 0 ended as asked, 1 bad configuration or usage, 2 an address cannot be bound, 4 the data "
    "directory\n"
    "is in use, full or failing, 5 it is another node's, of a newer release, or damaged, 3 anything else.\n";

// Breaks `text` at spaces, to stand from kHelpColumn to kHelpWidth.
std::string wrapped(std::string_view text) {
  std::string out;
  std::size_t used = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (used != 0 && kHelpColumn + used + 1 + end > kHelpWidth) {
      out += "\n" + std::string(kHelpColumn, ' ');
      used = 0;
    } else if (used != 0) {
      out += ' ';
      ++used;
    }
    out += text.substr(0, end);
    used += end;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string help_line(std::string_view left, std::string_view text) {
  return fmt::format("  {:<{}}{}\n", left, kHelpColumn - 2, wrapped(text));
}

std::string help_line(const Row& row) {
  const std::string fallback = row.fallback.empty() ? "" : fmt::format(" [{}]", row.fallback);
  return help_line(fmt::format("--{} {}", row.name, row.argument),
                   fmt::format("{}{}{}", row.help, fallback, row.reloadable ? " *" : ""));
}

std::string toml_value(const Row& row, const Value& value) {
  if (row.kind == Kind::yes_no) return value.number != 0 ? "true" : "false";
  if (row.kind == Kind::whole && value.text != row.fallback) return value.text;
  if (row.kind == Kind::whole && !value.text.empty() &&
      value.text.find_first_not_of("0123456789") == std::string::npos) {
    return value.text;
  }
  std::string out = "\"";
  for (const char c : value.text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04x}", byte);
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string said_of_secret(std::string_view what, const Secrets& secrets) {
  const std::size_t count = secrets.all().size();
  return fmt::format("# {}: {}\n", what,
                     count == 0   ? "none"
                     : count == 1 ? "set"
                                  : "set, and the one before it, too");
}

}  // namespace

std::string help_text() {
  std::string out(kUsage);
  std::string_view group;
  for (const Row& row : kRows) {
    if (row.from == From::environment) continue;
    if (row.group != group) out += fmt::format("\n{}\n", group = row.group);
    out += help_line(row);
  }
  out += "\nInstead of running\n";
  out += help_line("--check-config", "check everything and say what is wrong, with file, line and column");
  out += help_line("--print-config", "show every setting and where it comes from");
  out += help_line("--version", "show the version");
  out += help_line("--help", "show this");
  return out + "\n" + std::string(kNotes);
}

std::string config_text(const Launch& launch) {
  std::string out = "# " + summary(launch) + "\n";
  out += said_of_secret("password of clients", launch.node.password);
  out += said_of_secret("secret of the cluster", launch.node.secret);
  std::string server = "\n[server]\n";
  for (std::size_t i = 0; i < kRowCount; ++i) {
    const Row& row = kRows[i];
    const Value& value = launch.values.at(i);
    if (row.from == From::environment) continue;
    const std::string line =
        fmt::format("{:<45} # {}", fmt::format("{} = {}", server_key_of(row), toml_value(row, value)),
                    escaped(value.where));
    // These are no keys of [server]; as comments they do not keep the output from being used as one.
    (row.from == From::anywhere ? server : out) += (row.from == From::anywhere ? "" : "# ") + line + "\n";
  }
  return out + server;
}

std::string summary(const Launch& launch) {
  const cluster::View& view = launch.node.view;
  if (launch.node.config_file.empty()) {
    return fmt::format("no cluster file: one node at {}, {} shards", view.nodes[0].client.text(),
                       launch.node.shards);
  }
  std::string out = fmt::format("{}: cluster {}, epoch {}, {} nodes, content {:016x}, placement {:016x}",
                                escaped(launch.values["config"].text), view.name, view.epoch,
                                view.nodes.size(), view.content_digest, view.placement_digest);
  if (!launch.knows_itself) return out;
  return out + fmt::format("; {} owns {} of {} slots", launch.node.me().name,
                           view.slots_per_node()[launch.node.self], kSlots);
}

}  // namespace limpet::limpetd
