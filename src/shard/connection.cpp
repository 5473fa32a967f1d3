// Commands about the connection itself, and those that need nothing but what this shard knows.
#include <limpet/base/number.hpp>
#include <limpet/base/text.hpp>
#include <limpet/command/describe.hpp>
#include <limpet/command/errors.hpp>

#include "core.hpp"

namespace limpet::shard {

using command::Builtin;

namespace {

constexpr std::string_view kDefaultUser = "default";
// What clients make their choices by. limpet answers like this release of Redis, and says its own version
// beside it.
constexpr std::string_view kRedisVersion = "7.0.15";

}  // namespace

bool Core::take_connection_command(Client& client, const Spec& spec, Args args) {
  switch (spec.builtin) {
    case Builtin::cluster:
      return cluster_command(client, spec, args);
    case Builtin::quit:
      quit(client);
      return true;
    case Builtin::reset:
      reset(client);
      return true;
    default:
      reply_now(client, [&](Bytes& out) {
        ReplyWriter reply(out, client.version);
        answer_connection_command(client, spec, args, reply);
      });
      return true;
  }
}

void Core::answer_connection_command(Client& client, const Spec& spec, Args args, ReplyWriter& reply) {
  switch (spec.builtin) {
    case Builtin::ping:
      if (args.size() > 2) return reply.error(command::wrong_arity(spec.name));
      return args.size() == 2 ? reply.bulk(args[1]) : reply.simple("PONG");
    case Builtin::echo:
      return reply.bulk(args[1]);
    case Builtin::hello:
      return hello(client, args, reply);
    case Builtin::auth:
      return auth(client, args, reply);
    case Builtin::command:
      return command::handle_command(args, reply);
    case Builtin::help:
      return command::handle_help(args, reply);
    case Builtin::select: {
      const std::optional<std::int64_t> db = parse_int64(args[1]);
      if (!db) return reply.error(command::kNotInteger);
      if (!command::fits_int(*db)) return reply.error(command::kNotInt);
      return *db == 0 ? reply.ok() : reply.error(command::kDbOutOfRange);
    }
    case Builtin::time:
      reply.array(2);
      reply.bulk_integer(now_.unix_ms / 1000);
      return reply.bulk_integer(now_.unix_ms % 1000 * 1000);
    default:
      return reply.ok();
  }
}

void Core::quit(Client& client) {
  reply_now(client, [&](Bytes& out) { ReplyWriter(out, client.version).ok(); });
  end_client(client);
}

void Core::reset(Client& client) {
  client.reply_mode = ReplyMode::on;
  client.version = resp::Version::resp2;
  client.authenticated = tunables_.password.empty();
  client.name.clear();
  reply_now(client, [&](Bytes& out) { ReplyWriter(out, client.version).simple("RESET"); });
}

// ---- Who is there ----

bool Core::check_password(std::string_view user, std::string_view password, ReplyWriter& reply) {
  // The password is looked at in any case, so that the time says nothing about what was wrong.
  const bool known = user == kDefaultUser;
  bool right = tunables_.password.empty();
  for (const std::string& one : tunables_.password.all()) right = peer::same_secret(password, one) || right;
  if (known && right) return true;
  reply.error(command::kWrongPass);
  return false;
}

void Core::auth(Client& client, Args args, ReplyWriter& reply) {
  if (args.size() > 3) return reply.error(command::kSyntax);
  if (args.size() == 2 && tunables_.password.empty()) return reply.error(command::kAuthWithoutPassword);
  const std::string_view user = args.size() == 3 ? args[1] : kDefaultUser;
  if (!check_password(user, args.back(), reply)) return;
  client.authenticated = true;
  reply.ok();
}

void Core::hello(Client& client, Args args, ReplyWriter& reply) {
  resp::Version version = client.version;
  if (args.size() > 1) {
    const std::optional<std::int64_t> number = parse_int64(args[1]);
    if (!number) return reply.error(command::kHelloVersion);
    if (*number < 2 || *number > 3) return reply.error(command::kNoProto);
    version = static_cast<resp::Version>(*number);
  }
  bool authenticated = client.authenticated;
  std::string_view name;
  bool named = false;
  for (std::size_t i = 2; i < args.size(); ++i) {
    const std::size_t more = args.size() - i - 1;
    if (equals_ignore_case(args[i], "auth") && more >= 2) {
      if (!check_password(args[i + 1], args[i + 2], reply)) return;
      authenticated = true;
      i += 2;
    } else if (equals_ignore_case(args[i], "setname") && more >= 1) {
      name = args[++i];
      named = true;
      if (!valid_client_name(name)) return reply.error(command::kClientName);
    } else {
      return reply.error("ERR Syntax error in HELLO option '" + std::string(args[i]) + "'");
    }
  }
  if (!authenticated) return reply.error(command::kHelloNoAuth);
  client.authenticated = true;
  client.version = version;
  if (named) client.name = name;
  ReplyWriter writer(reply.out(), version);
  hello_reply(client, writer);
}

void Core::hello_reply(const Client& client, ReplyWriter& reply) {
  reply.map(7);
  reply.bulk("server");
  reply.bulk("redis");
  reply.bulk("version");
  reply.bulk(kRedisVersion);
  reply.bulk("proto");
  reply.integer(static_cast<std::int64_t>(client.version));
  reply.bulk("id");
  reply.integer(static_cast<std::int64_t>(client.number));
  reply.bulk("mode");
  reply.bulk("standalone");
  reply.bulk("role");
  reply.bulk("master");
  reply.bulk("modules");
  reply.array(0);
}

}  // namespace limpet::shard
