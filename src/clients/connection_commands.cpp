#include <limpet/base/number.hpp>
#include <limpet/base/text.hpp>
#include <limpet/clients/connection_commands.hpp>
#include <limpet/command/describe.hpp>
#include <limpet/command/errors.hpp>
#include <optional>
#include <string>

namespace limpet::clients {

using command::Args;
using command::Builtin;
using resp::ReplyWriter;

namespace {

constexpr std::string_view kDefaultUser = "default";
// What clients make their choices by. limpet answers like this release of Redis, and says its own version
// beside it.
constexpr std::string_view kRedisVersion = "7.0.15";

// False: the error has been written.
bool check_password(std::string_view user, std::string_view password, const Secrets& passwords,
                    ReplyWriter& reply) {
  // The password is looked at in any case, so that the time says nothing about what was wrong.
  const bool known = user == kDefaultUser;
  const bool right = passwords.accept(password);
  if (known && right) return true;
  reply.error(command::kWrongPass);
  return false;
}

void auth(Client& client, Args args, const Secrets& passwords, ReplyWriter& reply) {
  if (args.size() > 3) return reply.error(command::kSyntax);
  if (args.size() == 2 && passwords.empty()) return reply.error(command::kAuthWithoutPassword);
  const std::string_view user = args.size() == 3 ? args[1] : kDefaultUser;
  if (!check_password(user, args.back(), passwords, reply)) return;
  client.authenticated = true;
  reply.ok();
}

// What HELLO asks for. Nothing of it holds unless all of it does.
struct Hello {
  resp::Version version;
  bool authenticated;
  std::optional<std::string_view> name = std::nullopt;
};

// False: the error has been written.
bool read_version(Args args, Hello& hello, ReplyWriter& reply) {
  if (args.size() == 1) return true;
  const std::optional<std::int64_t> number = parse_int64(args[1]);
  if (!number || *number < 2 || *number > 3) {
    reply.error(number ? command::kNoProto : command::kHelloVersion);
    return false;
  }
  hello.version = static_cast<resp::Version>(*number);
  return true;
}

bool read_options(Args args, Hello& hello, const Secrets& passwords, ReplyWriter& reply) {
  for (std::size_t i = 2; i < args.size(); ++i) {
    const std::size_t more = args.size() - i - 1;
    if (equals_ignore_case(args[i], "auth") && more >= 2) {
      if (!check_password(args[i + 1], args[i + 2], passwords, reply)) return false;
      hello.authenticated = true;
      i += 2;
    } else if (equals_ignore_case(args[i], "setname") && more >= 1) {
      hello.name = args[++i];
      if (valid_client_name(*hello.name)) continue;
      reply.error(command::kClientName);
      return false;
    } else {
      reply.error("ERR Syntax error in HELLO option '" + std::string(args[i]) + "'");
      return false;
    }
  }
  return true;
}

void reply_hello(const Client& client, ReplyWriter& reply) {
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

// Errors are in the version of before, the reply is in the one that was asked for.
void hello(Client& client, Args args, const Secrets& passwords, Bytes& out) {
  ReplyWriter reply(out, client.version);
  Hello hello{.version = client.version, .authenticated = client.authenticated};
  if (!read_version(args, hello, reply) || !read_options(args, hello, passwords, reply)) return;
  if (!hello.authenticated) return reply.error(command::kHelloNoAuth);
  client.authenticated = true;
  client.version = hello.version;
  if (hello.name) client.names.connection = *hello.name;
  ReplyWriter in_its_version(out, client.version);
  reply_hello(client, in_its_version);
}

void select(Args args, ReplyWriter& reply) {
  const std::optional<std::int64_t> db = parse_int64(args[1]);
  if (!db) return reply.error(command::kNotInteger);
  if (!command::fits_int(*db)) return reply.error(command::kNotInt);
  return *db == 0 ? reply.ok() : reply.error(command::kDbOutOfRange);
}

void time(Now now, ReplyWriter& reply) {
  reply.array(2);
  reply.bulk_integer(now.unix_ms / 1000);
  reply.bulk_integer(now.unix_ms % 1000 * 1000);
}

}  // namespace

Afterwards begin_connection_command(Client& client, const command::Spec& spec, const Secrets& passwords) {
  if (spec.builtin == Builtin::reset) {
    client.reply_mode = ReplyMode::on;
    client.version = resp::Version::resp2;
    client.authenticated = passwords.empty();
    client.names.connection.clear();
  }
  return spec.builtin == Builtin::quit ? Afterwards::ends : Afterwards::goes_on;
}

void answer_connection_command(Client& client, const command::Spec& spec, Args args, const Secrets& passwords,
                               Now now, Bytes& out) {
  ReplyWriter reply(out, client.version);
  switch (spec.builtin) {
    case Builtin::ping:
      if (args.size() > 2) return reply.error(command::wrong_arity(spec.name));
      return args.size() == 2 ? reply.bulk(args[1]) : reply.simple("PONG");
    case Builtin::echo:
      return reply.bulk(args[1]);
    case Builtin::hello:
      return hello(client, args, passwords, out);
    case Builtin::auth:
      return auth(client, args, passwords, reply);
    case Builtin::command:
      return command::handle_command(args, reply);
    case Builtin::help:
      return command::handle_help(args, reply);
    case Builtin::select:
      return select(args, reply);
    case Builtin::time:
      return time(now, reply);
    case Builtin::reset:
      return reply.simple("RESET");
    default:
      return reply.ok();
  }
}

}  // namespace limpet::clients
