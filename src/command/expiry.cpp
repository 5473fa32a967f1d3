// Time-outs of keys: setting, asking and removing them.
#include <limpet/base/number.hpp>
#include <limpet/base/text.hpp>

#include "access.hpp"
#include "handlers.hpp"
#include "options.hpp"

namespace limpet::command::handlers {

namespace {

using store::Item;

struct Conditions {
  bool nx = false;  // only if there is no time-out
  bool xx = false;  // only if there is one
  bool gt = false;  // only if the new one is later
  bool lt = false;  // only if the new one is earlier
};

// The options behind the time. False if they are wrong: the reply has been written.
bool parse_conditions(Context& context, Args args, Conditions& conditions) {
  for (const std::string_view word : args.subspan(3)) {
    if (equals_ignore_case(word, "nx")) {
      conditions.nx = true;
    } else if (equals_ignore_case(word, "xx")) {
      conditions.xx = true;
    } else if (equals_ignore_case(word, "gt")) {
      conditions.gt = true;
    } else if (equals_ignore_case(word, "lt")) {
      conditions.lt = true;
    } else {
      context.reply.error(unsupported_option(word));
      return false;
    }
  }
  if (conditions.nx && (conditions.xx || conditions.gt || conditions.lt)) {
    context.reply.error(kExpireNxAndOthers);
    return false;
  }
  if (conditions.gt && conditions.lt) {
    context.reply.error(kExpireGtAndLt);
    return false;
  }
  return true;
}

// No time-out counts as one that never comes: nothing is later, everything is earlier.
bool met(const Conditions& conditions, std::int64_t when, std::int64_t current) {
  const bool has_one = current != kNoExpiry;
  if (conditions.nx && has_one) return false;
  if (conditions.xx && !has_one) return false;
  if (conditions.gt && (!has_one || when <= current)) return false;
  if (conditions.lt && has_one && when >= current) return false;
  return true;
}

// Unlike SET's, this time may be negative or past: then the key is deleted, and that counts as a success.
void set_expiry(Context& context, Args args, TimeUnit unit, bool absolute, std::string_view command) {
  Conditions conditions;
  if (!parse_conditions(context, args, conditions)) return;
  std::optional<std::int64_t> when = parse_int64(args[2]);
  if (!when) return context.reply.error(kNotInteger);
  if (unit == TimeUnit::seconds) when = checked_mul(*when, 1000);
  if (when && !absolute) when = checked_add(*when, context.now.unix_ms);
  if (!when) return context.reply.error(invalid_expire(command));

  const KeyRef key = first_key(context, args);
  const Item item = find(context, key);
  if (!item || !met(conditions, *when, item.expires_unix_ms())) return context.reply.integer(0);
  if (*when <= context.now.unix_ms) {
    context.store.erase(key, context.now.unix_ms);
  } else {
    context.store.set_expiry(key, *when, context.now.unix_ms);
  }
  context.reply.integer(1);
}

constexpr std::int64_t kNoKeyReply = -2;
constexpr std::int64_t kNoTimeOutReply = -1;

// Seconds are rounded to the nearest.
void reply_time(Context& context, Args args, TimeUnit unit, bool absolute) {
  const Item item = glance(context, first_key(context, args));
  if (!item) return context.reply.integer(kNoKeyReply);
  const std::int64_t expires = item.expires_unix_ms();
  if (expires == kNoExpiry) return context.reply.integer(kNoTimeOutReply);
  const std::int64_t time = absolute ? expires : expires - context.now.unix_ms;
  context.reply.integer(unit == TimeUnit::seconds ? (time / 1000) + (time % 1000 >= 500 ? 1 : 0) : time);
}

}  // namespace

void expire(Context& context, Args args) { set_expiry(context, args, TimeUnit::seconds, false, "expire"); }
void pexpire(Context& context, Args args) {
  set_expiry(context, args, TimeUnit::milliseconds, false, "pexpire");
}
void expireat(Context& context, Args args) { set_expiry(context, args, TimeUnit::seconds, true, "expireat"); }
void pexpireat(Context& context, Args args) {
  set_expiry(context, args, TimeUnit::milliseconds, true, "pexpireat");
}

void ttl(Context& context, Args args) { reply_time(context, args, TimeUnit::seconds, false); }
void pttl(Context& context, Args args) { reply_time(context, args, TimeUnit::milliseconds, false); }
void expiretime(Context& context, Args args) { reply_time(context, args, TimeUnit::seconds, true); }
void pexpiretime(Context& context, Args args) { reply_time(context, args, TimeUnit::milliseconds, true); }

void persist(Context& context, Args args) {
  const KeyRef key = first_key(context, args);
  const Item item = find(context, key);
  if (!item || item.expires_unix_ms() == kNoExpiry) return context.reply.integer(0);
  context.store.set_expiry(key, kNoExpiry, context.now.unix_ms);
  context.reply.integer(1);
}

}  // namespace limpet::command::handlers
