// INCRBYFLOAT and HINCRBYFLOAT, with the long double of Redis and its way to write one.
#include <cmath>
#include <limpet/base/number.hpp>
#include <optional>

#include "access.hpp"
#include "handlers.hpp"

namespace limpet::command::handlers {

using store::Expiry;
using store::Item;
using store::Type;

void incrbyfloat(Context& context, Args args) {
  const KeyRef key = first_key(context, args);
  const Item item = find(context, key);
  if (refused(context, item, Type::string)) return;
  const std::optional<long double> before = item ? parse_float(item.string()) : 0;
  const std::optional<long double> amount = parse_float(args[2]);
  if (!before || !amount) return context.reply.error(kNotFloat);
  const long double after = *before + *amount;
  if (!std::isfinite(after)) return context.reply.error(kFloatOverflow);
  const std::string text = float_text(after);
  context.store.put_string(key, text, Expiry::keep(), context.now.unix_ms);
  context.reply.bulk(text);
}

void hincrbyfloat(Context& context, Args args) {
  const std::optional<long double> amount = parse_float(args[3]);
  if (!amount) return context.reply.error(kNotFloat);
  if (!std::isfinite(*amount)) return context.reply.error(kFloatNotFinite);
  const KeyRef key = first_key(context, args);
  const Item item = find(context, key);
  if (refused(context, item, Type::hash)) return;
  std::string_view value = "0";
  if (item) static_cast<void>(item.field(args[2], value));  // a field that is absent counts as 0
  const std::optional<long double> before = parse_float(value);
  if (!before) return context.reply.error(kHashNotFloat);
  const long double after = *before + *amount;
  if (!std::isfinite(after)) return context.reply.error(kFloatOverflow);
  const std::string text = float_text(after);
  context.store.put_field(key, args[2], text, context.now.unix_ms);
  context.reply.bulk(text);
}

}  // namespace limpet::command::handlers
