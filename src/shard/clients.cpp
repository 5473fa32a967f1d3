// CLIENT: what is known of connections, and what may be done to them.
#include <algorithm>
#include <array>
#include <limpet/base/number.hpp>
#include <limpet/base/text.hpp>
#include <limpet/command/describe.hpp>
#include <limpet/command/errors.hpp>

#include "core.hpp"

namespace limpet::shard {

using command::Builtin;

namespace {

// In the internal form of CLIENT KILL: the number of the client that asked and is to be spared.
constexpr std::string_view kSpare = "spare";

bool valid_client_type(std::string_view type) {
  constexpr std::array<std::string_view, 5> kTypes = {"normal", "master", "replica", "slave", "pubsub"};
  return std::any_of(kTypes.begin(), kTypes.end(),
                     [&](std::string_view known) { return equals_ignore_case(type, known); });
}

bool on_or_off(std::string_view word) {
  return equals_ignore_case(word, "on") || equals_ignore_case(word, "off");
}

}  // namespace

bool Core::take_client_command(Client& client, const Spec& spec, Args args) {
  if (const std::string error = command::refusal(&spec, args); !error.empty()) {
    admit_error(client, &spec, error);
    return true;
  }
  switch (command::execution_of(spec, args).builtin) {
    case Builtin::client_list:
      return client_list(client, args);
    case Builtin::client_kill:
      return client_kill(client, args);
    case Builtin::client_reply:
      client_reply(client, args);
      return true;
    default:
      reply_now(client, [&](Bytes& out) {
        ReplyWriter reply(out, client.version);
        answer_client_command(client, spec, args, reply);
      });
      return true;
  }
}

void Core::answer_client_command(Client& client, const Spec& spec, Args args, ReplyWriter& reply) {
  switch (command::execution_of(spec, args).builtin) {
    case Builtin::client_id:
      return reply.integer(static_cast<std::int64_t>(client.number));
    case Builtin::client_info:
      return reply.verbatim(describe(client));
    case Builtin::client_getname:
      return client.name.empty() ? reply.null() : reply.bulk(client.name);
    case Builtin::client_setinfo:
      return client_setinfo(client, args, reply);
    case Builtin::client_setname:
      if (!valid_client_name(args[2])) return reply.error(command::kClientName);
      client.name = args[2];
      return reply.ok();
    case Builtin::client_switch:
      // NO-EVICT is about clients, of which none is evicted; NO-TOUCH is taken without effect.
      return on_or_off(args[2]) ? reply.ok() : reply.error(command::kSyntax);
    default:
      return command::subcommand_help(spec, reply);
  }
}

void Core::client_reply(Client& client, Args args) {
  if (equals_ignore_case(args[2], "on")) {
    client.reply_mode = ReplyMode::on;
    reply_now(client, [&](Bytes& out) { ReplyWriter(out, client.version).ok(); });
  } else if (equals_ignore_case(args[2], "off")) {
    client.reply_mode = ReplyMode::off;
  } else if (equals_ignore_case(args[2], "skip")) {
    if (client.reply_mode != ReplyMode::off) client.reply_mode = ReplyMode::skip_next;
  } else {
    reply_error(client, command::kSyntax);
  }
}

void Core::client_setinfo(Client& client, Args args, ReplyWriter& reply) {
  const bool name = equals_ignore_case(args[2], "lib-name");
  if (!name && !equals_ignore_case(args[2], "lib-ver")) {
    return reply.error("ERR Unrecognized option '" + std::string(args[2]) + "'");
  }
  if (!valid_client_name(args[3])) {
    return reply.error("ERR " + std::string(name ? "lib-name" : "lib-ver") +
                       " cannot contain spaces, newlines or special characters.");
  }
  (name ? client.library_name : client.library_version) = args[3];
  reply.ok();
}

// ---- LIST ----

std::string Core::describe(const Client& client) const {
  const auto number = [](auto value) { return std::to_string(value); };
  std::string line = "id=" + number(client.number) + " addr=" + client.origin.address +
                     " laddr=" + client.origin.local_address + " fd=-1 name=" + client.name +
                     " age=" + number((now_.steady_ms - client.opened_ms) / 1000) +
                     " idle=" + number((now_.steady_ms - client.last_used_ms) / 1000) +
                     " flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 qbuf=" + number(client.input.size()) +
                     " qbuf-free=" + number(client.input.capacity() - client.input.size()) +
                     " argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=" + number(client.out.size()) +
                     " oll=" + number(client.replies.awaited()) + " omem=" +
                     number(client.replies.bytes() + client.out.capacity() +
                            (client.backlog ? client.backlog->capacity() : 0)) +
                     " tot-mem=" + number(sizeof(Client) + client.memory.kept()) + " events=r cmd=";
  line += client.last_command != nullptr ? client.last_command->name : "NULL";
  line += " user=default redir=-1 resp=" + number(static_cast<int>(client.version));
  line += " lib-name=" + client.library_name + " lib-ver=" + client.library_version;
  return line + "\n";
}

bool Core::client_list(Client& client, Args args) {
  if (args.size() > 2) {
    const bool type = equals_ignore_case(args[2], "type") && args.size() == 4;
    const bool ids = equals_ignore_case(args[2], "id") && args.size() > 3;
    std::string error;
    if (!type && !ids) error = command::kSyntax;
    for (std::size_t i = 3; ids && i < args.size(); ++i) {
      if (!parse_int64(args[i])) error = "ERR Invalid client ID";
    }
    if (type && !valid_client_type(args[3])) {
      error = "ERR Unknown client type '" + std::string(args[3]) + "'";
    }
    if (!error.empty()) {
      reply_error(client, error);
      return true;
    }
  }
  return ask_shards(client, command::Merge::text, args);
}

void Core::list_clients(Args args, ReplyWriter& reply) {
  const bool by_id = args.size() > 3 && equals_ignore_case(args[2], "id");
  const bool none = args.size() == 4 && !by_id && !equals_ignore_case(args[3], "normal");
  std::vector<std::uint64_t> ids;
  for (std::size_t i = 3; by_id && i < args.size(); ++i) ids.push_back(parse_uint64(args[i]).value_or(0));
  std::sort(ids.begin(), ids.end());
  std::vector<std::string> lines;
  clients_.each([&](auto, Client& client) {
    const bool wanted = !by_id || std::binary_search(ids.begin(), ids.end(), client.number);
    if (wanted && !none) lines.push_back(describe(client));
  });
  reply.array(lines.size());
  for (const std::string& line : lines) reply.bulk(line);
}

// ---- KILL ----

bool Core::client_kill(Client& client, Args args) {
  const auto refuse = [&](std::string_view error) {
    reply_error(client, error);
    return true;
  };
  if (args.size() == 3) {
    const std::array<std::string_view, 4> part = {args[0], args[1], "addr", args[2]};
    return ask_shards(client, command::Merge::any, part);
  }
  if (args.size() % 2 != 0) return refuse(command::kSyntax);
  if (args.size() > 2 + 2 * kClientFiltersMax) return refuse("ERR too many filters");
  std::vector<std::string_view> part = {args[0], args[1]};
  bool skip_me = true;
  for (std::size_t i = 2; i < args.size(); i += 2) {
    const std::string option = to_lower(args[i]);
    const std::string_view value = args[i + 1];
    if (option == "skipme") {
      if (!equals_ignore_case(value, "yes") && !equals_ignore_case(value, "no"))
        return refuse(command::kSyntax);
      skip_me = equals_ignore_case(value, "yes");
      continue;
    }
    if (option == "id" && parse_int64(value).value_or(0) < 1) {
      return refuse("ERR client-id should be greater than 0");
    }
    if (option == "type" && !valid_client_type(value)) {
      return refuse("ERR Unknown client type '" + std::string(value) + "'");
    }
    if (option == "user" && value != "default")
      return refuse("ERR No such user '" + std::string(value) + "'");
    if (option != "id" && option != "type" && option != "user" && option != "addr" && option != "laddr") {
      return refuse(command::kSyntax);
    }
    part.insert(part.end(), {args[i], value});
  }
  const std::string own = std::to_string(client.number);
  if (skip_me) part.insert(part.end(), {kSpare, own});
  return ask_shards(client, command::Merge::sum, part);
}

namespace {

bool kill_matches(const Client& client, std::string_view option, std::string_view value) {
  if (equals_ignore_case(option, "id")) return value == std::to_string(client.number);
  if (equals_ignore_case(option, "addr")) return value == client.origin.address;
  if (equals_ignore_case(option, "laddr")) return value == client.origin.local_address;
  if (equals_ignore_case(option, "type")) return equals_ignore_case(value, "normal");
  if (option == kSpare) return value != std::to_string(client.number);
  return true;  // user: there is only one
}

}  // namespace

void Core::kill_clients(Args args, ReplyWriter& reply) {
  std::int64_t killed = 0;
  clients_.each([&](auto, Client& client) {
    if (client.ending) return;
    for (std::size_t i = 2; i + 1 < args.size(); i += 2) {
      if (!kill_matches(client, args[i], args[i + 1])) return;
    }
    // One that has not read what it was sent is not waited for.
    client.aborted = !client.out.empty();
    end_client(client);
    ++killed;
  });
  reply.integer(killed);
}

}  // namespace limpet::shard
