#include "docs.hpp"

#include <algorithm>
#include <array>
#include <limpet/base/text.hpp>
#include <limpet/resp/request.hpp>
#include <utility>

#include "commands.hpp"
#include "fields.hpp"

namespace limpet::client {

namespace {

using resp::Value;

constexpr std::array<std::string_view, 4> kOwnCommands = {"clear", "exit", "help", "quit"};

// Tools of limpet's own, which work at its prompt as well. Written in lower case, as they are typed.
struct OwnTool {
  std::string_view first;
  std::string_view second;
  std::string_view arguments;
  std::string_view summary;
};
constexpr std::array<OwnTool, 13> kOwnTools = {{
    {"backup", "", "DIR TARGET", "Copies a data directory"},
    {"cluster", "claim", "NODE", "Has others take the slots of a node that is gone for good"},
    {"cluster", "drain", "NODE", "Has a node give all its sessions to others"},
    {"cluster", "follow", "", "Shows sessions on their way; Ctrl-C ends it"},
    {"cluster", "reload", "[--all] [--dry-run]", "Has a node, or every node, read its files again"},
    {"cluster", "status", "[--json]", "The nodes of the cluster, as a table"},
    {"cluster", "undrain", "[NODE]", "Ends a drain"},
    {"follow", "", "", "The same as cluster follow"},
    {"haproxy", "", "FILE", "The backend of HAProxy that belongs to a cluster file"},
    {"journal", "dump", "DIR [KEY]", "The changes in a data directory"},
    {"journal", "verify", "DIR", "Whether a data directory is sound"},
    {"plan", "", "OLD NEW [--json]", "What moves from one cluster file to another"},
    {"where", "", "KEY...", "Whose a key is, and on which node it lives"},
}};

const OwnTool* find_tool(std::string_view first, std::string_view second) {
  const auto found = std::find_if(kOwnTools.begin(), kOwnTools.end(), [&](const OwnTool& tool) {
    return tool.first == first && (tool.second.empty() || tool.second == second);
  });
  return found == kOwnTools.end() ? nullptr : &*found;
}

bool has_flag(const Fields& argument, std::string_view flag) {
  const Value* flags = argument.find("flags");
  return flags != nullptr && std::any_of(flags->elements.begin(), flags->elements.end(),
                                         [&](const Value& value) { return value.text == flag; });
}

std::string syntax_of(const Value& arguments, std::string_view between);

std::string syntax_of_one(const Value& value) {
  const Fields argument(value);
  const std::string type = argument.text("type");
  const Value* parts = argument.find("arguments");
  std::string text;
  if (parts != nullptr) {
    text = syntax_of(*parts, type == "oneof" ? "|" : " ");
  } else if (type != "pure-token") {
    text = argument.text("name");
  }
  const std::string token = argument.text("token");
  if (!token.empty()) text = text.empty() ? token : token + ' ' + text;
  if (has_flag(argument, "multiple")) text += " [" + text + " ...]";
  return has_flag(argument, "optional") ? '[' + text + ']' : text;
}

// As deep as the reply is, which its reader has bounded.
std::string syntax_of(const Value& arguments, std::string_view between) {
  std::string text;
  for (const Value& argument : arguments.elements) {
    if (!text.empty()) text += between;
    text += syntax_of_one(argument);
  }
  return text;
}

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = to_upper(c);
  return result;
}

// The words of an unfinished line, and the word that is being written, perhaps empty.
struct Begun {
  std::vector<std::string> before;  // lower case
  std::string_view word;
};

Begun begun(std::string_view line) {
  Begun result;
  while (true) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    const std::size_t end = line.find_first_of(" \t");
    if (end == std::string_view::npos) break;
    result.before.push_back(to_lower(line.substr(0, end)));
    line.remove_prefix(end);
  }
  result.word = line;
  return result;
}

std::string in_case_of(std::string_view word, const std::string& name) {
  const bool lower = std::any_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  return lower ? name : upper(name);
}

}  // namespace

Docs::Docs(const Value& reply) {
  const Fields commands(reply);
  for (const auto& [name, value] : commands.all()) {
    const Fields fields(*value);
    Entry& command = commands_[to_lower(name)] = entry_of(fields);
    const Value* subcommands = fields.find("subcommands");
    if (subcommands == nullptr) continue;
    const Fields list(*subcommands);
    for (const auto& [full_name, sub_value] : list.all()) {
      const std::string second = to_lower(full_name.substr(full_name.find('|') + 1));
      command.subcommands.push_back(second);
      commands_[to_lower(name) + ' ' + second] = entry_of(Fields(*sub_value));
    }
  }
}

Docs::Entry Docs::entry_of(const Fields& fields) {
  constexpr std::size_t kArgumentsMax = 512;
  const Value* arguments = fields.find("arguments");
  const std::string syntax = arguments != nullptr ? syntax_of(*arguments, " ") : "";
  return {.arguments = printable(syntax, kArgumentsMax),
          .summary = printable(fields.text("summary")),
          .subcommands = {}};
}

std::vector<std::string> Docs::completions(std::string_view line) const {
  const Begun input = begun(line);
  const std::string word = to_lower(input.word);
  std::vector<std::string> found;
  const auto add = [&](std::string_view name) {
    if (name.starts_with(word)) found.push_back(in_case_of(input.word, std::string(name)));
  };
  for (const OwnTool& tool : kOwnTools) {
    const bool has_begun = input.before.size() == 1 && input.before[0] == tool.first;
    const std::string_view name = input.before.empty() ? tool.first : has_begun ? tool.second : "";
    // A tool is typed in lower case, unless somebody has begun it otherwise.
    if (!name.empty() && name.starts_with(word))
      found.push_back(word.empty() ? std::string(name) : in_case_of(input.word, std::string(name)));
  }
  const bool helps = input.before.size() == 1 && input.before[0] == "help";
  if (input.before.empty() || helps) {
    for (const auto& [name, entry] : commands_) {
      if (name.find(' ') == std::string::npos) add(name);
    }
    if (!helps) {
      for (const std::string_view own : kOwnCommands) {
        if (commands_.find(own) == commands_.end()) add(own);
      }
    }
  } else if (const bool topic = input.before.size() == 2 && input.before[0] == "help";
             topic || input.before.size() == 1) {
    const auto command = commands_.find(input.before.back());
    if (command != commands_.end()) {
      for (const std::string& subcommand : command->second.subcommands) add(subcommand);
    }
  }
  // The server's commands and limpet's tools share names, in one case or the other.
  std::sort(found.begin(), found.end(), [](const std::string& a, const std::string& b) {
    return std::pair(to_lower(a), b) < std::pair(to_lower(b), a);
  });
  found.erase(
      std::unique(found.begin(), found.end(),
                  [](const std::string& a, const std::string& b) { return to_lower(a) == to_lower(b); }),
      found.end());
  return found;
}

std::string Docs::hint(std::string_view line) const {
  Begun input = begun(line);
  if (!input.word.empty()) input.before.push_back(to_lower(input.word));
  if (input.before.empty()) return {};
  if (const OwnTool* tool = find_tool(input.before[0], input.before.size() > 1 ? input.before[1] : "")) {
    std::string text(tool->first);
    for (const std::string_view part : {tool->second, tool->arguments}) {
      if (!part.empty()) text += ' ' + std::string(part);
    }
    return text + "  -- " + std::string(tool->summary);
  }
  auto found = commands_.end();
  if (input.before.size() > 1) found = commands_.find(input.before[0] + ' ' + input.before[1]);
  if (found == commands_.end()) found = commands_.find(input.before[0]);
  if (found == commands_.end()) return {};
  std::string text = upper(found->first);
  if (!found->second.arguments.empty()) text += ' ' + found->second.arguments;
  if (!found->second.summary.empty()) text += "  -- " + found->second.summary;
  return text;
}

}  // namespace limpet::client
