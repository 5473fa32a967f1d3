// Counting: INCR and its relatives on strings, HINCRBY on fields.
#include <limits>
#include <limpet/base/number.hpp>
#include <optional>

#include "access.hpp"
#include "handlers.hpp"

namespace limpet::command::handlers {

namespace {

using store::Expiry;
using store::Item;
using store::Type;

// The text of `value`, in `storage`.
std::string_view text_of(std::int64_t value, char (&storage)[kIntegerCharsMax]) {
  const char* end = write_integer(storage, value);
  return {storage, static_cast<std::size_t>(end - storage)};
}

void add_to_string(Context& context, Args args, std::int64_t amount) {
  const KeyRef key = first_key(context, args);
  const Item item = find(context, key);
  if (refused(context, item, Type::string)) return;
  const std::optional<std::int64_t> before = item ? parse_int64(item.string()) : 0;
  if (!before) return context.reply.error(kNotInteger);
  const std::optional<std::int64_t> after = checked_add(*before, amount);
  if (!after) return context.reply.error(kOverflow);
  char storage[kIntegerCharsMax];
  context.store.put_string(key, text_of(*after, storage), Expiry::keep(), context.now.unix_ms);
  context.reply.integer(*after);
}

}  // namespace

void incr(Context& context, Args args) { add_to_string(context, args, 1); }

void decr(Context& context, Args args) { add_to_string(context, args, -1); }

void incrby(Context& context, Args args) {
  const std::optional<std::int64_t> amount = parse_int64(args[2]);
  if (!amount) return context.reply.error(kNotInteger);
  add_to_string(context, args, *amount);
}

void decrby(Context& context, Args args) {
  const std::optional<std::int64_t> amount = parse_int64(args[2]);
  if (!amount) return context.reply.error(kNotInteger);
  if (*amount == std::numeric_limits<std::int64_t>::min()) return context.reply.error(kDecrementOverflow);
  add_to_string(context, args, -*amount);
}

void hincrby(Context& context, Args args) {
  const std::optional<std::int64_t> amount = parse_int64(args[3]);
  if (!amount) return context.reply.error(kNotInteger);
  const KeyRef key = first_key(context, args);
  const Item item = find(context, key);
  if (refused(context, item, Type::hash)) return;
  std::string_view value = "0";
  if (item) static_cast<void>(item.field(args[2], value));  // a field that is absent counts as 0
  const std::optional<std::int64_t> before = parse_int64(value);
  if (!before) return context.reply.error(kHashNotInteger);
  const std::optional<std::int64_t> after = checked_add(*before, *amount);
  if (!after) return context.reply.error(kOverflow);
  char storage[kIntegerCharsMax];
  context.store.put_field(key, args[2], text_of(*after, storage), context.now.unix_ms);
  context.reply.integer(*after);
}

}  // namespace limpet::command::handlers
