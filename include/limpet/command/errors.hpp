// The texts of errors that clients see, byte for byte as Redis 7.0 has them: clients compare them.
//
// Constants where the text is fixed, functions where it names something. Pass them to ReplyWriter::error. The
// functions allocate: a request that is refused need not be fast.
#pragma once

#include <limpet/command/command.hpp>
#include <string>
#include <string_view>

namespace limpet::command {

// ---- Values and arguments ----
inline constexpr std::string_view kWrongType =
    "WRONGTYPE Operation against a key holding the wrong kind of value";
inline constexpr std::string_view kSyntax = "ERR syntax error";
inline constexpr std::string_view kNotInteger = "ERR value is not an integer or out of range";
inline constexpr std::string_view kNotInt =
    "ERR value is out of range, value must between -2147483648 and 2147483647";
inline constexpr std::string_view kHashNotInteger = "ERR hash value is not an integer";
inline constexpr std::string_view kNotFloat = "ERR value is not a valid float";
inline constexpr std::string_view kHashNotFloat = "ERR hash value is not a float";
inline constexpr std::string_view kFloatOverflow = "ERR increment would produce NaN or Infinity";
inline constexpr std::string_view kFloatNotFinite = "ERR value is NaN or Infinity";
inline constexpr std::string_view kOffsetOutOfRange = "ERR offset is out of range";
inline constexpr std::string_view kNoSuchKey = "ERR no such key";
inline constexpr std::string_view kSameObject = "ERR source and destination objects are the same";
inline constexpr std::string_view kTooLargeToMove =
    "ERR the value is too large to be moved to another node in one go";
inline constexpr std::string_view kCrossSlot =
    "CROSSSLOT Keys in request don't hash to the same slot; give them the same {...}";
inline constexpr std::string_view kOutOfMemory = "OOM command not allowed when used memory > 'maxmemory'.";
inline constexpr std::string_view kReplyTooLong = "ERR the reply is too long; ask for less at a time";
inline constexpr std::string_view kOverflow = "ERR increment or decrement would overflow";
inline constexpr std::string_view kDecrementOverflow = "ERR decrement would overflow";
inline constexpr std::string_view kStringTooLong =
    "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
inline constexpr std::string_view kExpireNxAndOthers =
    "ERR NX and XX, GT or LT options at the same time are not compatible";
inline constexpr std::string_view kExpireGtAndLt =
    "ERR GT and LT options at the same time are not compatible";
inline constexpr std::string_view kInvalidCursor = "ERR invalid cursor";
inline constexpr std::string_view kPatternTooLong = "ERR pattern is too long";
inline constexpr std::string_view kPatternTooCostly =
    "ERR pattern takes too long to match with what is there";
inline constexpr std::string_view kInvalidSlot = "ERR Invalid slot";

// ---- Connections ----
inline constexpr std::string_view kAuthRequired = "NOAUTH Authentication required.";
inline constexpr std::string_view kWrongPass =
    "WRONGPASS invalid username-password pair or user is disabled.";
inline constexpr std::string_view kAuthWithoutPassword =
    "ERR AUTH <password> called without any password configured for the default user. Are you sure your "
    "configuration is correct?";
inline constexpr std::string_view kHelloNoAuth =
    "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH "
    "<user> "
    "<pass> option can be used to authenticate the client and select the RESP protocol version at the same "
    "time";
inline constexpr std::string_view kHelloVersion = "ERR Protocol version is not an integer or out of range";
inline constexpr std::string_view kNoProto = "NOPROTO unsupported protocol version";
inline constexpr std::string_view kDbOutOfRange = "ERR DB index is out of range";
inline constexpr std::string_view kClientName =
    "ERR Client names cannot contain spaces, newlines or special characters.";
inline constexpr std::string_view kNoSuchClient = "ERR No such client";

// ---- COMMAND GETKEYS ----
inline constexpr std::string_view kGetKeysInvalidCommand = "ERR Invalid command specified";
inline constexpr std::string_view kGetKeysNoKeys = "ERR The command has no key arguments";
inline constexpr std::string_view kGetKeysArity = "ERR Invalid number of arguments specified for command";

// For the few arguments that Redis reads as an int; others get kNotInt.
[[nodiscard]] constexpr bool fits_int(std::int64_t value) {
  return value == static_cast<std::int32_t>(value);
}

// ERR unknown command 'x', with args beginning with: 'a' 'b'
[[nodiscard]] std::string unknown_command(Args args);
// ERR wrong number of arguments for 'get' command. `name` is a row's; for a subcommand "client|id".
[[nodiscard]] std::string wrong_arity(std::string_view name);
// ERR unknown subcommand 'x'. Try CLIENT HELP.
[[nodiscard]] std::string unknown_subcommand(const Spec& spec, std::string_view subcommand);
// ERR invalid expire time in 'set' command
[[nodiscard]] std::string invalid_expire(std::string_view name);
// ERR Unsupported option x
[[nodiscard]] std::string unsupported_option(std::string_view option);

// The subcommand that args[1] names, whatever its case; null if there is none.
[[nodiscard]] const Subcommand* find_subcommand(const Spec& spec, std::string_view name);

// Why a request cannot be run at all: the command or its subcommand is not known, or the number of arguments
// is wrong. Empty if it can. `spec` is find(args[0]).
[[nodiscard]] std::string explain_refusal(const Spec* spec, Args args);
// The same; most requests need no second look.
[[nodiscard]] inline std::string refusal(const Spec* spec, Args args) {
  const bool plain = spec != nullptr && spec->subcommands.empty() && spec->arity_fits(args.size());
  return plain ? std::string() : explain_refusal(spec, args);
}

}  // namespace limpet::command
