// The entries of COMMAND INFO and COMMAND DOCS, and the keys of a request.
#include <algorithm>
#include <limpet/base/text.hpp>
#include <limpet/command/describe.hpp>
#include <limpet/command/errors.hpp>
#include <string>

#include "describe_parts.hpp"
#include "syntax.hpp"

namespace limpet::command {

namespace {

using resp::ReplyWriter;

struct FlagName {
  Flag flag;
  std::string_view name;
};

// In the order in which Redis lists them.
constexpr FlagName kFlagNames[] = {
    {kWrite, "write"},
    {kReadonly, "readonly"},
    {kDenyOom, "denyoom"},
    {kAdmin, "admin"},
    {kNoScript, "noscript"},
    {kLoading, "loading"},
    {kStale, "stale"},
    {kSkipMonitor, "skip_monitor"},
    {kSkipSlowlog, "skip_slowlog"},
    {kAsking, "asking"},
    {kFast, "fast"},
    {kNoAuth, "no_auth"},
    {kNoMulti, "no_multi"},
    {kAllowBusy, "allow_busy"},
};

void write_flags(std::uint32_t flags, ReplyWriter& reply) {
  const auto is_set = [flags](const FlagName& entry) { return (flags & entry.flag) != 0; };
  reply.set(static_cast<std::size_t>(std::count_if(std::begin(kFlagNames), std::end(kFlagNames), is_set)));
  for (const FlagName& entry : kFlagNames) {
    if (is_set(entry)) reply.simple(entry.name);
  }
}

void write_tips(std::string_view tips, ReplyWriter& reply) {
  const auto list = words_of(tips);
  reply.set(list.size());
  for (const std::string_view tip : list) reply.bulk(tip);
}

void write_typed(std::string_view type, std::size_t fields, ReplyWriter& reply) {
  reply.map(2);
  reply.bulk("type");
  reply.bulk(type);
  reply.bulk("spec");
  reply.map(fields);
}

void write_field(std::string_view name, std::int64_t value, ReplyWriter& reply) {
  reply.bulk(name);
  reply.integer(value);
}

// One specification covers all our commands: keys begin at a fixed place and run to another. The last key
// counts from the first one here, unless it counts from the end.
void write_key_specs(const Spec& spec, ReplyWriter& reply) {
  if (spec.first_key == 0) return reply.set(0);
  reply.set(1);
  reply.map(spec.key_notes.empty() ? 3 : 4);
  if (!spec.key_notes.empty()) {
    reply.bulk("notes");
    reply.bulk(spec.key_notes);
  }
  reply.bulk("flags");
  write_simple_set(spec.key_flags, reply);
  reply.bulk("begin_search");
  write_typed("index", 1, reply);
  write_field("index", spec.first_key, reply);
  reply.bulk("find_keys");
  write_typed("range", 3, reply);
  write_field("lastkey", spec.last_key >= 0 ? spec.last_key - spec.first_key : spec.last_key, reply);
  write_field("keystep", spec.key_step, reply);
  write_field("limit", 0, reply);
}

// What commands and subcommands have in common in COMMAND INFO.
struct InfoHead {
  std::string_view name;
  std::int64_t arity;
  std::uint32_t flags;
  std::int64_t keys[3];
  std::string_view categories;
  std::string_view tips;
};

// Eight of the ten elements.
void write_info_head(const InfoHead& head, ReplyWriter& reply) {
  reply.array(10);
  reply.bulk(head.name);
  reply.integer(head.arity);
  write_flags(head.flags, reply);
  for (const std::int64_t key : head.keys) reply.integer(key);
  write_simple_set(head.categories, reply);
  write_tips(head.tips, reply);
}

void write_argument(const Argument& argument, ReplyWriter& reply);

void write_arguments(const std::vector<Argument>& arguments, ReplyWriter& reply) {
  reply.bulk("arguments");
  reply.array(arguments.size());
  for (const Argument& argument : arguments) write_argument(argument, reply);
}

// Nests as deep as the syntax of a row in the table does.
void write_argument(const Argument& argument, ReplyWriter& reply) {
  const bool is_key = argument.type == "key";
  const bool flagged = argument.optional || argument.multiple;
  const bool has_parts = !argument.arguments.empty();
  reply.map(2U + (is_key ? 1 : 0) + (argument.token.empty() ? 0 : 1) + (flagged ? 1 : 0) +
            (has_parts ? 1 : 0));
  reply.bulk("name");
  reply.bulk(argument.name);
  reply.bulk("type");
  reply.bulk(argument.type);
  if (is_key) write_field("key_spec_index", 0, reply);
  if (!argument.token.empty()) {
    reply.bulk("token");
    reply.bulk(argument.token);
  }
  if (flagged) {
    reply.bulk("flags");
    reply.set((argument.optional ? 1U : 0U) + (argument.multiple ? 1U : 0U));
    if (argument.optional) reply.simple("optional");
    if (argument.multiple) reply.simple("multiple");
  }
  if (has_parts) write_arguments(argument.arguments, reply);
}

struct Docs {
  std::string_view summary;
  std::string_view since;
  std::string_view group;
  std::string_view complexity;
  std::string_view syntax;
  bool has_keys;         // an argument called "key" is one that routing looks at
  bool has_subcommands;  // they follow
};

void write_docs(const Docs& docs, ReplyWriter& reply) {
  auto arguments = parse_syntax(docs.syntax);
  if (!docs.has_keys) {
    for (Argument& argument : arguments) argument.type = argument.type == "key" ? "string" : argument.type;
  }
  reply.map(3U + (docs.complexity.empty() ? 0 : 1) + (arguments.empty() ? 0 : 1) +
            (docs.has_subcommands ? 1 : 0));
  reply.bulk("summary");
  reply.bulk(docs.summary);
  reply.bulk("since");
  reply.bulk(docs.since);
  reply.bulk("group");
  reply.bulk(docs.group);
  if (!docs.complexity.empty()) {
    reply.bulk("complexity");
    reply.bulk(docs.complexity);
  }
  if (!arguments.empty()) write_arguments(arguments, reply);
}

}  // namespace

void write_simple_set(std::string_view words, ReplyWriter& reply) {
  const auto list = words_of(words);
  reply.set(list.size());
  for (const std::string_view word : list) reply.simple(word);
}

std::string full_name(const Spec& spec, const Subcommand& subcommand) {
  return std::string(spec.name) + '|' + std::string(subcommand.name);
}

void subcommand_info(const Spec& spec, const Subcommand& subcommand, ReplyWriter& reply) {
  const std::string name = full_name(spec, subcommand);
  write_info_head(
      {name, subcommand.arity, subcommand.flags, {0, 0, 0}, subcommand.categories, subcommand.tips}, reply);
  reply.set(0);  // key specifications
  reply.set(0);  // subcommands
}

void command_info(const Spec& spec, ReplyWriter& reply) {
  write_info_head({spec.name,
                   spec.arity,
                   spec.flags,
                   {spec.first_key, spec.last_key, spec.key_step},
                   spec.categories,
                   spec.tips},
                  reply);
  write_key_specs(spec, reply);
  if (spec.subcommands.empty()) return reply.set(0);
  reply.array(spec.subcommands.size());
  for (const Subcommand& subcommand : spec.subcommands) subcommand_info(spec, subcommand, reply);
}

void subcommand_docs(const Spec& spec, const Subcommand& subcommand, ReplyWriter& reply) {
  reply.bulk(full_name(spec, subcommand));
  write_docs({subcommand.summary, subcommand.since, spec.group, subcommand.complexity, subcommand.syntax,
              false, false},
             reply);
}

void command_docs(const Spec& spec, ReplyWriter& reply) {
  reply.bulk(spec.name);
  write_docs({spec.summary, spec.since, spec.group, spec.complexity, spec.syntax, spec.first_key > 0,
              !spec.subcommands.empty()},
             reply);
  if (spec.subcommands.empty()) return;
  reply.bulk("subcommands");
  reply.map(spec.subcommands.size());
  for (const Subcommand& subcommand : spec.subcommands) subcommand_docs(spec, subcommand, reply);
}

std::string_view getkeys(Args request, std::vector<std::string_view>& out) {
  const Spec* spec = request.empty() ? nullptr : find(request[0]);
  if (spec == nullptr) return kGetKeysInvalidCommand;
  if (!spec->subcommands.empty() && request.size() > 1 && find_subcommand(*spec, request[1]) == nullptr) {
    return kGetKeysInvalidCommand;
  }
  if (spec->routed_by > 0 && request.size() > spec->route_key()) {
    out.push_back(request[spec->route_key()]);
    return {};
  }
  if (spec->first_key == 0) return kGetKeysNoKeys;
  // A run of keys that is cut short still names those that are there.
  const auto least = static_cast<std::size_t>(spec->arity < 0 ? -spec->arity : spec->arity);
  if (request.size() < least || (spec->arity >= 0 && request.size() > least)) return kGetKeysArity;
  const std::size_t last = spec->last_key_of(request.size());
  for (auto i = static_cast<std::size_t>(spec->first_key); i <= last;
       i += static_cast<std::size_t>(spec->key_step)) {
    out.push_back(request[i]);
  }
  return {};
}

}  // namespace limpet::command
