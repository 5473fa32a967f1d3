#include "options.hpp"

#include <limpet/base/number.hpp>
#include <limpet/base/text.hpp>
#include <limpet/command/errors.hpp>

namespace limpet::command {

namespace {

struct TimeWord {
  std::string_view word;
  TimeUnit unit;
  bool absolute;
};

constexpr TimeWord kTimeWords[] = {
    {"ex", TimeUnit::seconds, false},
    {"px", TimeUnit::milliseconds, false},
    {"exat", TimeUnit::seconds, true},
    {"pxat", TimeUnit::milliseconds, true},
};

const TimeWord* find_time_word(std::string_view word) {
  for (const TimeWord& candidate : kTimeWords) {
    if (equals_ignore_case(word, candidate.word)) return &candidate;
  }
  return nullptr;
}

// The same time option twice is fine, as in Redis: the last counts. Two different ones are not.
bool take_time(const TimeWord& word, const std::string_view* argument, SetOptions& options) {
  if (argument == nullptr || options.keep_ttl || options.persist) return false;
  if (options.time != nullptr && (options.unit != word.unit || options.absolute != word.absolute))
    return false;
  options.unit = word.unit;
  options.absolute = word.absolute;
  options.time = argument;
  return true;
}

bool take_set_word(std::string_view word, SetOptions& options) {
  if (equals_ignore_case(word, "nx") && !options.only_if_present) return options.only_if_absent = true;
  if (equals_ignore_case(word, "xx") && !options.only_if_absent) return options.only_if_present = true;
  if (equals_ignore_case(word, "get")) return options.get = true;
  if (equals_ignore_case(word, "keepttl") && options.time == nullptr) return options.keep_ttl = true;
  return false;
}

bool take_getex_word(std::string_view word, SetOptions& options) {
  if (equals_ignore_case(word, "persist") && options.time == nullptr) return options.persist = true;
  return false;
}

}  // namespace

std::optional<SetOptions> parse_options(Args args, std::size_t from, OptionsOf command) {
  SetOptions options;
  for (std::size_t i = from; i < args.size(); ++i) {
    if (const TimeWord* word = find_time_word(args[i])) {
      if (!take_time(*word, i + 1 < args.size() ? &args[i + 1] : nullptr, options)) return std::nullopt;
      ++i;
      continue;
    }
    const bool taken =
        command == OptionsOf::set ? take_set_word(args[i], options) : take_getex_word(args[i], options);
    if (!taken) return std::nullopt;
  }
  return options;
}

std::optional<std::int64_t> read_expiry(Context& context, std::string_view text, TimeUnit unit, bool absolute,
                                        std::string_view command) {
  const std::optional<std::int64_t> number = parse_int64(text);
  if (!number) {
    context.reply.error(kNotInteger);
    return std::nullopt;
  }
  std::optional<std::int64_t> when = number;
  if (unit == TimeUnit::seconds) when = checked_mul(*when, 1000);
  if (when && !absolute) when = checked_add(*when, context.now.unix_ms);
  if (*number > 0 && when) return when;
  context.reply.error(invalid_expire(command));
  return std::nullopt;
}

}  // namespace limpet::command
