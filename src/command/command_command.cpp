// COMMAND and its subcommands.
#include <algorithm>
#include <limpet/base/text.hpp>
#include <limpet/command/describe.hpp>
#include <limpet/command/errors.hpp>

#include "describe_parts.hpp"

namespace limpet::command {

namespace {

using resp::ReplyWriter;

// What "get" or "client|id" names.
struct Named {
  const Spec* spec = nullptr;
  const Subcommand* subcommand = nullptr;  // null: the command itself

  [[nodiscard]] explicit operator bool() const { return spec != nullptr; }
};

Named look_up(std::string_view name) {
  const std::size_t bar = name.find('|');
  const Spec* spec = find(name.substr(0, bar));
  if (spec == nullptr || bar == std::string_view::npos) return {spec, nullptr};
  const Subcommand* subcommand = find_subcommand(*spec, name.substr(bar + 1));
  return subcommand != nullptr ? Named{spec, subcommand} : Named{};
}

// One name may be asked for as often as a request has arguments.
constexpr std::size_t kNamesMax = 1'000;
constexpr std::string_view kTooManyNames = "ERR too many names; ask for 1000 at a time at most";

void info(Args names, ReplyWriter& reply) {
  if (names.size() > kNamesMax) return reply.error(kTooManyNames);
  if (names.empty()) {
    reply.array(all().size());
    for (const Spec& spec : all()) command_info(spec, reply);
    return;
  }
  reply.array(names.size());
  for (const std::string_view name : names) {
    const Named named = look_up(name);
    if (!named) {
      reply.null();
    } else if (named.subcommand != nullptr) {
      subcommand_info(*named.spec, *named.subcommand, reply);
    } else {
      command_info(*named.spec, reply);
    }
  }
}

// Names that are not known are left out.
void docs(Args names, ReplyWriter& reply) {
  if (names.size() > kNamesMax) return reply.error(kTooManyNames);
  if (names.empty()) {
    reply.map(all().size());
    for (const Spec& spec : all()) command_docs(spec, reply);
    return;
  }
  std::vector<Named> known;
  for (const std::string_view name : names) {
    if (const Named named = look_up(name)) known.push_back(named);
  }
  reply.map(known.size());
  for (const Named& named : known) {
    if (named.subcommand != nullptr) {
      subcommand_docs(*named.spec, *named.subcommand, reply);
    } else {
      command_docs(*named.spec, reply);
    }
  }
}

// Writes the names, commands and subcommands, that pass `filter(full name, categories)`.
template <class Filter>
void list_filtered(ReplyWriter& reply, const Filter& filter) {
  std::vector<std::string> names;
  for (const Spec& spec : all()) {
    if (filter(spec.name, spec.categories)) names.emplace_back(spec.name);
    for (const Subcommand& subcommand : spec.subcommands) {
      std::string name = full_name(spec, subcommand);
      if (filter(name, subcommand.categories)) names.push_back(std::move(name));
    }
  }
  reply.array(names.size());
  for (const std::string& name : names) reply.bulk(name);
}

bool has_category(std::string_view categories, std::string_view wanted) {
  const auto words = words_of(categories);
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return equals_ignore_case(word.substr(1), wanted); });
}

// COMMAND LIST FILTERBY kind value
void list(Args args, ReplyWriter& reply) {
  if (args.size() == 2) return command_list(reply);
  if (args.size() != 5 || !equals_ignore_case(args[2], "filterby")) return reply.error(kSyntax);
  const std::string_view kind = args[3];
  const std::string_view value = args[4];
  if (equals_ignore_case(kind, "aclcat")) {
    list_filtered(reply, [&](auto, std::string_view categories) { return has_category(categories, value); });
  } else if (equals_ignore_case(kind, "pattern")) {
    list_filtered(reply, [&](std::string_view name, auto) { return glob_match(value, name, true); });
  } else if (equals_ignore_case(kind, "module")) {
    reply.array(0);  // there are no modules
  } else {
    reply.error(kSyntax);
  }
}

void reply_keys(Args request, bool with_flags, ReplyWriter& reply) {
  std::vector<std::string_view> keys;
  const std::string_view error = getkeys(request, keys);
  if (!error.empty()) return reply.error(error);
  reply.array(keys.size());
  for (const std::string_view key : keys) {
    if (with_flags) reply.array(2);
    reply.bulk(key);
    const Spec& spec = *find(request[0]);
    if (with_flags) write_simple_set(spec.routed_by > 0 ? "RO" : spec.key_flags, reply);
  }
}

}  // namespace

void command_list(ReplyWriter& reply) {
  list_filtered(reply, [](auto, auto) { return true; });
}

void handle_command(Args args, ReplyWriter& reply) {
  const Spec* spec = find("command");
  if (const std::string error = refusal(spec, args); !error.empty()) return reply.error(error);
  if (args.size() == 1) return info({}, reply);
  const std::string_view subcommand = find_subcommand(*spec, args[1])->name;
  if (subcommand == "count") return reply.integer(static_cast<std::int64_t>(all().size()));
  if (subcommand == "info") return info(args.subspan(2), reply);
  if (subcommand == "docs") return docs(args.subspan(2), reply);
  if (subcommand == "list") return list(args, reply);
  if (subcommand == "getkeys") return reply_keys(args.subspan(2), false, reply);
  if (subcommand == "getkeysandflags") return reply_keys(args.subspan(2), true, reply);
  subcommand_help(*spec, reply);
}

}  // namespace limpet::command
