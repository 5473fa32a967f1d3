// Parts of strings: GETRANGE, which is SUBSTR too, and SETRANGE.
#include <algorithm>
#include <limpet/base/limits.hpp>
#include <limpet/base/number.hpp>
#include <optional>

#include "access.hpp"
#include "handlers.hpp"

namespace limpet::command::handlers {

namespace {

using store::Item;
using store::Type;

// What stands from `start` to `end`, both included; what is negative counts from behind.
std::string_view range_of(std::string_view text, std::int64_t start, std::int64_t end) {
  const auto size = static_cast<std::int64_t>(text.size());
  if (start < 0 && end < 0 && start > end) return {};
  if (start < 0) start = std::max<std::int64_t>(size + start, 0);
  if (end < 0) end = std::max<std::int64_t>(size + end, 0);
  end = std::min(end, size - 1);
  if (start > end) return {};
  return text.substr(static_cast<std::size_t>(start), static_cast<std::size_t>(end - start + 1));
}

}  // namespace

void getrange(Context& context, Args args) {
  const std::optional<std::int64_t> start = parse_int64(args[2]);
  const std::optional<std::int64_t> end = parse_int64(args[3]);
  if (!start || !end) return context.reply.error(kNotInteger);
  const Item item = read_first(context, args);
  if (refused(context, item, Type::string)) return;
  context.reply.bulk(item ? range_of(item.string(), *start, *end) : std::string_view());
}

void setrange(Context& context, Args args) {
  const std::optional<std::int64_t> offset = parse_int64(args[2]);
  if (!offset) return context.reply.error(kNotInteger);
  if (*offset < 0) return context.reply.error(kOffsetOutOfRange);
  const KeyRef key = first_key(context, args);
  const Item item = find(context, key);
  if (refused(context, item, Type::string)) return;
  const std::size_t length = item ? item.string().size() : 0;
  if (args[3].empty()) return context.reply.integer(static_cast<std::int64_t>(length));
  const auto at = static_cast<std::uint64_t>(*offset);
  if (at > kBulkBytesMax || at + args[3].size() > kBulkBytesMax) return context.reply.error(kStringTooLong);
  const std::size_t after = context.store.write_string(key, at, args[3], context.now.unix_ms);
  context.reply.integer(static_cast<std::int64_t>(after));
}

}  // namespace limpet::command::handlers
