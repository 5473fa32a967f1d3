// Commands on keys of any type, but for their time-outs (expiry.cpp), and those on all keys at once.
#include <limpet/base/slot_set.hpp>
#include <limpet/base/text.hpp>

#include "access.hpp"
#include "handlers.hpp"

namespace limpet::command::handlers {

namespace {

std::string_view name_of(store::Type type) {
  switch (type) {
    case store::Type::none:
      return "none";
    case store::Type::string:
      return "string";
    case store::Type::hash:
      return "hash";
  }
  return "none";
}

}  // namespace

void del(Context& context, Args args) {
  std::int64_t erased = 0;
  for (const std::string_view key : args.subspan(1)) {
    erased += context.store.erase(KeyRef::of(key), context.now.unix_ms) ? 1 : 0;
  }
  context.reply.integer(erased);
}

// A key that is named twice counts twice.
void exists(Context& context, Args args) {
  std::int64_t present = 0;
  for (const std::string_view key : args.subspan(1)) present += glance(context, KeyRef::of(key)) ? 1 : 0;
  context.reply.integer(present);
}

void touch(Context& context, Args args) {
  std::int64_t present = 0;
  for (const std::string_view key : args.subspan(1)) present += read(context, KeyRef::of(key)) ? 1 : 0;
  context.reply.integer(present);
}

void type(Context& context, Args args) {
  context.reply.simple(name_of(glance(context, first_key(context, args)).type()));
}

// FLUSHALL and FLUSHDB [ASYNC|SYNC [slots]]: of this store, or of these slots of it. ASYNC and SYNC are the
// same here: a store always drops its keys at once and gives their memory back in steps.
void flush(Context& context, Args args) {
  const bool known =
      args.size() == 1 || equals_ignore_case(args[1], "async") || equals_ignore_case(args[1], "sync");
  const auto slots = args.size() == 3 ? SlotSet::read(args[2]) : SlotSet::all();
  if (!known || !slots || args.size() > 3) return context.reply.error(kSyntax);
  std::uint64_t keys = 0;
  slots->each([&](Slot slot) { keys += context.store.keys_in(slot); });
  if (keys == context.store.stats().keys) {
    context.store.clear();  // faster than slot by slot
  } else {
    slots->each([&](Slot slot) { context.store.clear(slot); });
  }
  context.reply.ok();
}

}  // namespace limpet::command::handlers
