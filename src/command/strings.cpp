// Commands on strings, but for SET and its relatives (set.cpp) and counting (counters.cpp).
#include <limpet/base/limits.hpp>

#include "access.hpp"
#include "handlers.hpp"

namespace limpet::command::handlers {

using store::Expiry;
using store::Item;
using store::Type;

void get(Context& context, Args args) {
  const Item item = read_first(context, args);
  if (!item) return context.reply.null();
  if (item.type() != Type::string) return context.reply.error(kWrongType);
  context.reply.bulk(item.string());
}

void getdel(Context& context, Args args) {
  const KeyRef key = first_key(context, args);
  const Item item = read(context, key);
  if (!item) return context.reply.null();
  if (refused(context, item, Type::string)) return;
  context.reply.bulk(item.string());  // before the value goes
  context.store.erase(key, context.now.unix_ms);
}

void getset(Context& context, Args args) {
  const KeyRef key = first_key(context, args);
  const Item item = read(context, key);
  if (refused(context, item, Type::string)) return;
  // Before the value goes.
  if (item) {
    context.reply.bulk(item.string());
  } else {
    context.reply.null();
  }
  context.store.put_string(key, args[2], Expiry::none(), context.now.unix_ms);
}

void append(Context& context, Args args) {
  const KeyRef key = first_key(context, args);
  const Item item = find(context, key);
  if (refused(context, item, Type::string)) return;
  const std::size_t length = item ? item.string().size() : 0;
  if (length + args[2].size() > kBulkBytesMax) return context.reply.error(kStringTooLong);
  const std::size_t grown = context.store.write_string(key, length, args[2], context.now.unix_ms);
  context.reply.integer(static_cast<std::int64_t>(grown));
}

void strlen(Context& context, Args args) {
  const Item item = read_first(context, args);
  if (refused(context, item, Type::string)) return;
  context.reply.integer(item ? static_cast<std::int64_t>(item.string().size()) : 0);
}

void mget(Context& context, Args args) {
  context.reply.array(args.size() - 1);
  for (const std::string_view key : args.subspan(1)) {
    const Item item = read(context, KeyRef::of(key));
    if (item.type() == Type::string) {
      context.reply.bulk(item.string());
    } else {
      context.reply.null();
    }
    // One large value can be asked for a million times over. Whoever runs the handler makes an error of it.
    if (context.reply.out().size() > kReplyBytesMax + kBulkBytesMax) return;
  }
}

void mset(Context& context, Args args) {
  if (args.size() % 2 == 0) return context.reply.error(wrong_arity("mset"));
  for (std::size_t i = 1; i < args.size(); i += 2) {
    context.store.put_string(KeyRef::of(args[i]), args[i + 1], Expiry::none(), context.now.unix_ms);
  }
  context.reply.ok();
}

// All or nothing: the keys are of one slot, so nobody sees a part of it.
void msetnx(Context& context, Args args) {
  if (args.size() % 2 == 0) return context.reply.error(wrong_arity("msetnx"));
  for (std::size_t i = 1; i < args.size(); i += 2) {
    if (find(context, KeyRef::of(args[i]))) return context.reply.integer(0);
  }
  for (std::size_t i = 1; i < args.size(); i += 2) {
    context.store.put_string(KeyRef::of(args[i]), args[i + 1], Expiry::none(), context.now.unix_ms);
  }
  context.reply.integer(1);
}

}  // namespace limpet::command::handlers
