// Commands on hashes, but for HINCRBY (counters.cpp).
#include <limpet/base/limits.hpp>

#include "access.hpp"
#include "handlers.hpp"

namespace limpet::command::handlers {

namespace {

using store::Item;
using store::Type;

// The hash at the first key, for reading. False if the value is of another type: the reply has been written.
bool read_hash(Context& context, Args args, Item& item) {
  item = read_first(context, args);
  return !refused(context, item, Type::hash);
}

// Is the first key absent or a hash, so that fields may be written? If not, the reply has been written.
bool hash_or_absent(Context& context, const KeyRef& key) {
  return !refused(context, find(context, key), Type::hash);
}

void reply_field(Context& context, const Item& item, std::string_view name) {
  std::string_view value;
  if (item && item.field(name, value)) {
    context.reply.bulk(value);
  } else {
    context.reply.null();
  }
}

// A reply that is too long already grows no further: whoever runs the handler makes an error of it.
bool too_long(resp::ReplyWriter& reply) { return reply.out().size() > kReplyBytesMax + kBulkBytesMax; }

// Sets all pairs; the number of fields that are new. Nothing can fail on the way: what can was checked.
std::int64_t put_pairs(Context& context, const KeyRef& key, Args args) {
  std::int64_t created = 0;
  for (std::size_t i = 2; i < args.size(); i += 2) {
    created += context.store.put_field(key, args[i], args[i + 1], context.now.unix_ms) ? 1 : 0;
  }
  return created;
}

}  // namespace

void hset(Context& context, Args args) {
  if (args.size() % 2 != 0) return context.reply.error(wrong_arity("hset"));
  const KeyRef key = first_key(context, args);
  if (hash_or_absent(context, key)) context.reply.integer(put_pairs(context, key, args));
}

void hmset(Context& context, Args args) {
  if (args.size() % 2 != 0) return context.reply.error(wrong_arity("hmset"));
  const KeyRef key = first_key(context, args);
  if (!hash_or_absent(context, key)) return;
  put_pairs(context, key, args);
  context.reply.ok();
}

void hsetnx(Context& context, Args args) {
  const KeyRef key = first_key(context, args);
  const Item item = find(context, key);
  if (refused(context, item, Type::hash)) return;
  std::string_view value;
  if (item && item.field(args[2], value)) return context.reply.integer(0);
  context.store.put_field(key, args[2], args[3], context.now.unix_ms);
  context.reply.integer(1);
}

void hget(Context& context, Args args) {
  Item item;
  if (read_hash(context, args, item)) reply_field(context, item, args[2]);
}

void hmget(Context& context, Args args) {
  Item item;
  if (!read_hash(context, args, item)) return;
  context.reply.array(args.size() - 2);
  for (const std::string_view name : args.subspan(2)) {
    reply_field(context, item, name);
    if (too_long(context.reply)) return;
  }
}

void hgetall(Context& context, Args args) {
  Item item;
  if (!read_hash(context, args, item)) return;
  if (!item) return context.reply.map(0);
  context.reply.map(item.fields());
  item.each_field([&reply = context.reply](std::string_view name, std::string_view value) {
    if (too_long(reply)) return;
    reply.bulk(name);
    reply.bulk(value);
  });
}

void hkeys(Context& context, Args args) {
  Item item;
  if (!read_hash(context, args, item)) return;
  if (!item) return context.reply.array(0);
  context.reply.array(item.fields());
  item.each_field([&reply = context.reply](std::string_view name, std::string_view) {
    if (!too_long(reply)) reply.bulk(name);
  });
}

void hvals(Context& context, Args args) {
  Item item;
  if (!read_hash(context, args, item)) return;
  if (!item) return context.reply.array(0);
  context.reply.array(item.fields());
  item.each_field([&reply = context.reply](std::string_view, std::string_view value) {
    if (!too_long(reply)) reply.bulk(value);
  });
}

void hdel(Context& context, Args args) {
  const KeyRef key = first_key(context, args);
  if (!hash_or_absent(context, key)) return;
  std::int64_t erased = 0;
  for (const std::string_view name : args.subspan(2)) {
    erased += context.store.erase_field(key, name, context.now.unix_ms) ? 1 : 0;
  }
  context.reply.integer(erased);
}

void hexists(Context& context, Args args) {
  Item item;
  if (!read_hash(context, args, item)) return;
  std::string_view value;
  context.reply.integer(item && item.field(args[2], value) ? 1 : 0);
}

void hlen(Context& context, Args args) {
  Item item;
  if (read_hash(context, args, item)) {
    context.reply.integer(item ? static_cast<std::int64_t>(item.fields()) : 0);
  }
}

void hstrlen(Context& context, Args args) {
  Item item;
  if (!read_hash(context, args, item)) return;
  std::string_view value;
  if (item) static_cast<void>(item.field(args[2], value));  // a field that is absent has length 0
  context.reply.integer(static_cast<std::int64_t>(value.size()));
}

}  // namespace limpet::command::handlers
