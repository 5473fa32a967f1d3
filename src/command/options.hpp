// The options that SET and GETEX share, and the reading of expire times.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limpet/command/command.hpp>
#include <optional>
#include <string_view>

namespace limpet::command {

enum class TimeUnit : std::uint8_t { seconds, milliseconds };

struct SetOptions {
  bool only_if_absent = false;   // NX
  bool only_if_present = false;  // XX
  bool get = false;              // GET
  bool keep_ttl = false;         // KEEPTTL
  bool persist = false;          // PERSIST
  TimeUnit unit = TimeUnit::seconds;
  bool absolute = false;                   // EXAT, PXAT
  const std::string_view* time = nullptr;  // the argument of EX, PX, EXAT or PXAT; null: none given
};

enum class OptionsOf : std::uint8_t { set, getex };

// Reads args[from] and what follows. Nothing if that is a syntax error.
[[nodiscard]] std::optional<SetOptions> parse_options(Args args, std::size_t from, OptionsOf command);

// The moment that a time-out argument names, in UTC milliseconds, for a command that refuses times that are
// not positive. Nothing if it is refused; then the error, which names `command`, has been written.
[[nodiscard]] std::optional<std::int64_t> read_expiry(Context& context, std::string_view text, TimeUnit unit,
                                                      bool absolute, std::string_view command);

}  // namespace limpet::command
