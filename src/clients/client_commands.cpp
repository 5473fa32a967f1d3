#include <algorithm>
#include <array>
#include <limpet/base/number.hpp>
#include <limpet/base/text.hpp>
#include <limpet/clients/client_commands.hpp>
#include <limpet/command/describe.hpp>
#include <limpet/command/errors.hpp>

namespace limpet::clients {

using command::Args;
using command::Builtin;
using command::Step;
using resp::ReplyWriter;

namespace {

// In the form of CLIENT KILL that shards are asked by: the number of the client that is to be spared, as it
// asks.
constexpr std::string_view kSpare = "spare";

bool valid_client_type(std::string_view type) {
  constexpr std::array<std::string_view, 5> kTypes = {"normal", "master", "replica", "slave", "pubsub"};
  return std::any_of(kTypes.begin(), kTypes.end(),
                     [&](std::string_view known) { return equals_ignore_case(type, known); });
}

bool on_or_off(std::string_view word) {
  return equals_ignore_case(word, "on") || equals_ignore_case(word, "off");
}

// ---- This client alone ----

// A line of CLIENT LIST.
std::string describe(const Client& client, Now now) {
  const auto number = [](auto value) { return std::to_string(value); };
  std::string line = "id=" + number(client.number) + " addr=" + client.origin.address +
                     " laddr=" + client.origin.local_address + " fd=-1 name=" + client.names.connection +
                     " age=" + number((now.steady_ms - client.opened_ms) / 1000) +
                     " idle=" + number((now.steady_ms - client.last_used_ms) / 1000) +
                     " flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 qbuf=" + number(client.input.size()) +
                     " qbuf-free=" + number(client.input.capacity() - client.input.size()) +
                     " argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=" + number(client.out.size()) +
                     " oll=" + number(client.replies.awaited()) + " omem=" +
                     number(client.replies.bytes() + client.out.capacity() +
                            (client.backlog ? client.backlog->capacity() : 0)) +
                     " tot-mem=" + number(sizeof(Client) + client.memory.kept()) + " events=r cmd=";
  line += client.commands.last() != nullptr ? client.commands.last()->name : "NULL";
  line += " user=default redir=-1 resp=" + number(static_cast<int>(client.version));
  line += " lib-name=" + client.names.library + " lib-ver=" + client.names.library_version;
  return line + "\n";
}

Step begin_reply(Client& client, std::string_view mode) {
  if (equals_ignore_case(mode, "on")) {
    client.reply_mode = ReplyMode::on;
    return {};
  }
  if (equals_ignore_case(mode, "off")) {
    client.reply_mode = ReplyMode::off;
  } else if (equals_ignore_case(mode, "skip")) {
    if (client.reply_mode != ReplyMode::off) client.reply_mode = ReplyMode::skip_next;
  } else {
    return command::refuse(command::kSyntax);
  }
  return {.kind = Step::Kind::silent};
}

void set_info(ClientNames& names, Args args, ReplyWriter& reply) {
  const bool name = equals_ignore_case(args[2], "lib-name");
  if (!name && !equals_ignore_case(args[2], "lib-ver")) {
    return reply.error("ERR Unrecognized option '" + std::string(args[2]) + "'");
  }
  if (!valid_client_name(args[3])) {
    return reply.error("ERR " + std::string(name ? "lib-name" : "lib-ver") +
                       " cannot contain spaces, newlines or special characters.");
  }
  (name ? names.library : names.library_version) = args[3];
  reply.ok();
}

// ---- All clients of the node ----

Step begin_list(Args args) {
  if (args.size() > 2) {
    const bool type = equals_ignore_case(args[2], "type") && args.size() == 4;
    const bool ids = equals_ignore_case(args[2], "id") && args.size() > 3;
    if (!type && !ids) return command::refuse(command::kSyntax);
    if (type && !valid_client_type(args[3])) {
      return command::refuse("ERR Unknown client type '" + std::string(args[3]) + "'");
    }
    for (std::size_t i = 3; ids && i < args.size(); ++i) {
      if (!parse_int64(args[i])) return command::refuse("ERR Invalid client ID");
    }
  }
  return command::ask_shards(command::Merge::text);
}

// Why an option of CLIENT KILL other than SKIPME is refused; empty: it is not.
std::string refuse_filter(std::string_view option, std::string_view value) {
  if (option == "id") {
    return parse_int64(value).value_or(0) < 1 ? "ERR client-id should be greater than 0" : "";
  }
  if (option == "type") {
    return valid_client_type(value) ? "" : "ERR Unknown client type '" + std::string(value) + "'";
  }
  if (option == "user") return value == "default" ? "" : "ERR No such user '" + std::string(value) + "'";
  return option == "addr" || option == "laddr" ? std::string() : std::string(command::kSyntax);
}

Step ask_shards(command::Merge merge, std::vector<std::string> part) {
  return {.kind = Step::Kind::ask_shards, .merge = merge, .args = std::move(part)};
}

// The older form names an address alone, and has to find one.
Step begin_kill(const Client& client, Args args) {
  std::vector<std::string> part(args.begin(), args.begin() + 2);
  if (args.size() == 3) {
    part.insert(part.end(), {"addr", std::string(args[2])});
    return ask_shards(command::Merge::any, std::move(part));
  }
  if (args.size() % 2 != 0) return command::refuse(command::kSyntax);
  if (args.size() > 2 + 2 * kClientFiltersMax) return command::refuse("ERR too many filters");
  bool skip_me = true;
  for (std::size_t i = 2; i < args.size(); i += 2) {
    const std::string option = to_lower(args[i]);
    const std::string_view value = args[i + 1];
    if (option == "skipme") {
      skip_me = equals_ignore_case(value, "yes");
      if (!skip_me && !equals_ignore_case(value, "no")) return command::refuse(command::kSyntax);
      continue;
    }
    if (const std::string error = refuse_filter(option, value); !error.empty()) return command::refuse(error);
    part.insert(part.end(), {std::string(args[i]), std::string(value)});
  }
  if (skip_me) part.insert(part.end(), {std::string(kSpare), std::to_string(client.number)});
  return ask_shards(command::Merge::sum, std::move(part));
}

bool fits(const Client& client, std::string_view option, std::string_view value) {
  if (equals_ignore_case(option, "id")) return value == std::to_string(client.number);
  if (equals_ignore_case(option, "addr")) return value == client.origin.address;
  if (equals_ignore_case(option, "laddr")) return value == client.origin.local_address;
  if (equals_ignore_case(option, "type")) return equals_ignore_case(value, "normal");
  if (option == kSpare) return value != std::to_string(client.number);
  return true;  // user: there is only one
}

}  // namespace

Step begin_client_command(Client& client, const command::Spec& spec, Args args) {
  if (const std::string error = command::refusal(&spec, args); !error.empty()) return command::reject(error);
  switch (command::execution_of(spec, args).builtin) {
    case Builtin::client_list:
      return begin_list(args);
    case Builtin::client_kill:
      return begin_kill(client, args);
    case Builtin::client_reply:
      return begin_reply(client, args[2]);
    default:
      return {};
  }
}

void answer_client_command(Client& client, const command::Spec& spec, Args args, Now now, Bytes& out) {
  ReplyWriter reply(out, client.version);
  switch (command::execution_of(spec, args).builtin) {
    case Builtin::client_id:
      return reply.integer(static_cast<std::int64_t>(client.number));
    case Builtin::client_info:
      return reply.verbatim(describe(client, now));
    case Builtin::client_getname:
      return client.names.connection.empty() ? reply.null() : reply.bulk(client.names.connection);
    case Builtin::client_setinfo:
      return set_info(client.names, args, reply);
    case Builtin::client_setname:
      if (!valid_client_name(args[2])) return reply.error(command::kClientName);
      client.names.connection = args[2];
      return reply.ok();
    case Builtin::client_switch:
      // NO-EVICT is about clients, of which none is evicted; NO-TOUCH is taken without effect.
      return on_or_off(args[2]) ? reply.ok() : reply.error(command::kSyntax);
    case Builtin::client_reply:
      return reply.ok();
    default:
      return command::subcommand_help(spec, reply);
  }
}

ClientList::ClientList(Args part, Now now)
    : now_(now),
      by_id_(part.size() > 3 && equals_ignore_case(part[2], "id")),
      none_(part.size() == 4 && !by_id_ && !equals_ignore_case(part[3], "normal")) {
  for (std::size_t i = 3; by_id_ && i < part.size(); ++i) ids_.push_back(parse_uint64(part[i]).value_or(0));
  std::sort(ids_.begin(), ids_.end());
}

void ClientList::add(const Client& client) {
  const bool wanted = !by_id_ || std::binary_search(ids_.begin(), ids_.end(), client.number);
  if (wanted && !none_) lines_.push_back(describe(client, now_));
}

void ClientList::reply(ReplyWriter& reply) const {
  reply.array(lines_.size());
  for (const std::string& line : lines_) reply.bulk(line);
}

KillFilter::Fate KillFilter::fate_of(const Client& client) const {
  if (client.ending) return Fate::stays;
  for (std::size_t i = 2; i + 1 < part_.size(); i += 2) {
    if (!fits(client, part_[i], part_[i + 1])) return Fate::stays;
  }
  return client.out.empty() ? Fate::ends : Fate::aborts;
}

}  // namespace limpet::clients
