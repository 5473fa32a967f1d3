// Help for people: HELP, and the HELP of commands with subcommands. Lines of text, so that they can be read
// as they come over a bare connection.
#include <limpet/base/text.hpp>
#include <limpet/command/describe.hpp>
#include <limpet/command/errors.hpp>
#include <string>

namespace limpet::command {

namespace {

using Lines = std::vector<std::string>;

constexpr std::size_t kLineChars = 96;
constexpr std::string_view kGroupNames[] = {"string", "hash", "generic", "connection", "server", "cluster"};

std::string usage(std::string_view name, std::string_view syntax) {
  return to_upper(name) + (syntax.empty() ? "" : " ") + std::string(syntax);
}

void write(const Lines& lines, resp::ReplyWriter& reply) {
  reply.array(lines.size());
  for (const std::string& line : lines) reply.simple(line);
}

// The names of a group, as many on a line as fit.
void add_group(std::string_view group, Lines& lines) {
  std::string line = "  " + std::string(group) + ":";
  for (const Spec& spec : all()) {
    if (spec.group != group) continue;
    if (line.size() + 1 + spec.name.size() > kLineChars) {
      lines.push_back(std::move(line));
      line = "   ";
    }
    line += ' ' + to_upper(spec.name);
  }
  lines.push_back(std::move(line));
}

Lines overview() {
  Lines lines = {"limpet keeps the state of a user's session in the memory of one node; any node answers.",
                 "The commands, by what they are about:"};
  for (const std::string_view group : kGroupNames) add_group(group, lines);
  lines.emplace_back("HELP command explains one of them, HELP @group those of a group.");
  return lines;
}

Lines group_help(std::string_view group) {
  Lines lines;
  for (const Spec& spec : all()) {
    if (!equals_ignore_case(spec.group, group)) continue;
    lines.push_back(usage(spec.name, spec.syntax));
    lines.push_back("    " + std::string(spec.summary));
  }
  if (lines.empty()) lines.push_back("There is no group '" + printable(group) + "'. HELP names them all.");
  return lines;
}

Lines command_help(const Spec& spec) {
  Lines lines = {usage(spec.name, spec.subcommands.empty() ? spec.syntax : "subcommand ..."),
                 "    " + std::string(spec.summary), "    group: " + std::string(spec.group)};
  for (const Subcommand& subcommand : spec.subcommands) {
    lines.push_back(to_upper(spec.name) + ' ' + usage(subcommand.name, subcommand.syntax));
    lines.push_back("    " + std::string(subcommand.summary));
  }
  return lines;
}

Lines help_on(std::string_view topic) {
  if (topic.starts_with('@')) return group_help(topic.substr(1));
  if (const Spec* spec = find(topic)) return command_help(*spec);
  return {"There is no command '" + printable(topic) + "'. HELP names them all."};
}

}  // namespace

void handle_help(Args args, resp::ReplyWriter& reply) {
  write(args.size() < 2 ? overview() : help_on(args[1]), reply);
}

void subcommand_help(const Spec& spec, resp::ReplyWriter& reply) {
  Lines lines = {to_upper(spec.name) + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"};
  for (const Subcommand& subcommand : spec.subcommands) {
    if (subcommand.name == "help") continue;
    lines.push_back(usage(subcommand.name, subcommand.syntax));
    lines.push_back("    " + std::string(subcommand.summary));
  }
  lines.emplace_back("HELP");
  lines.emplace_back("    Prints this help.");
  write(lines, reply);
}

}  // namespace limpet::command
