// SET and the commands that are a SET with some of its options, and GETEX.
#include "access.hpp"
#include "handlers.hpp"
#include "options.hpp"

namespace limpet::command::handlers {

namespace {

using store::Expiry;
using store::Item;
using store::Type;

void reply_value(Context& context, const Item& item) {
  if (item) {
    context.reply.bulk(item.string());
  } else {
    context.reply.null();
  }
}

void set_with_options(Context& context, Args args) {
  const std::optional<SetOptions> options = parse_options(args, 3, OptionsOf::set);
  if (!options) return context.reply.error(kSyntax);
  Expiry expiry = options->keep_ttl ? Expiry::keep() : Expiry::none();
  if (options->time != nullptr) {
    const auto when = read_expiry(context, *options->time, options->unit, options->absolute, "set");
    if (!when) return;
    expiry = Expiry::at(*when);
  }

  const KeyRef key = first_key(context, args);
  if (options->get || options->only_if_absent || options->only_if_present) {
    const Item item = options->get ? read(context, key) : find(context, key);
    // With GET the answer is the old value, whether the new one is set or not. It is written before the
    // write, which ends the life of the old value.
    if (options->get && refused(context, item, Type::string)) return;
    if (options->get) reply_value(context, item);
    const bool unmet = (options->only_if_absent && item) || (options->only_if_present && !item);
    if (unmet && !options->get) return context.reply.null();
    if (unmet) return;
  }
  context.store.put_string(key, args[2], expiry, context.now.unix_ms);
  if (!options->get) context.reply.ok();
}

void set_with_expiry(Context& context, Args args, TimeUnit unit, std::string_view command) {
  const auto when = read_expiry(context, args[2], unit, false, command);
  if (!when) return;
  context.store.put_string(first_key(context, args), args[3], Expiry::at(*when), context.now.unix_ms);
  context.reply.ok();
}

}  // namespace

void set(Context& context, Args args) {
  if (args.size() > 3) return set_with_options(context, args);
  context.store.put_string(first_key(context, args), args[2], Expiry::none(), context.now.unix_ms);
  context.reply.ok();
}

void setex(Context& context, Args args) { set_with_expiry(context, args, TimeUnit::seconds, "setex"); }

void psetex(Context& context, Args args) { set_with_expiry(context, args, TimeUnit::milliseconds, "psetex"); }

void setnx(Context& context, Args args) {
  const KeyRef key = first_key(context, args);
  if (find(context, key)) return context.reply.integer(0);
  context.store.put_string(key, args[2], Expiry::none(), context.now.unix_ms);
  context.reply.integer(1);
}

void getex(Context& context, Args args) {
  const std::optional<SetOptions> options = parse_options(args, 2, OptionsOf::getex);
  if (!options) return context.reply.error(kSyntax);
  const KeyRef key = first_key(context, args);
  const Item item = read(context, key);
  if (!item) return context.reply.null();
  if (refused(context, item, Type::string)) return;

  std::int64_t expires = item.expires_unix_ms();
  if (options->persist) expires = kNoExpiry;
  if (options->time != nullptr) {
    const auto when = read_expiry(context, *options->time, options->unit, options->absolute, "getex");
    if (!when) return;
    expires = *when;
  }
  context.reply.bulk(item.string());
  if (expires != item.expires_unix_ms()) context.store.set_expiry(key, expires, context.now.unix_ms);
}

}  // namespace limpet::command::handlers
