// How handlers get at the keys of their command. Inline: GET and SET are nothing but this.
#pragma once

#include <limpet/command/command.hpp>
#include <limpet/command/errors.hpp>

namespace limpet::command {

// The key at args[1], which routing has usually worked out already.
[[nodiscard]] inline KeyRef first_key(const Context& context, Args args) {
  return context.first_key != nullptr ? *context.first_key : KeyRef::of(args[1]);
}

// Looks a key up on behalf of a write: it does not count as a hit or a miss.
[[nodiscard]] inline store::Item find(const Context& context, const KeyRef& key) {
  return context.store.find(key, context.now.unix_ms);
}

[[nodiscard]] inline store::Item counted(Context& context, store::Item item) {
  if (item) {
    ++context.lookups.hits;
  } else {
    ++context.lookups.misses;
  }
  return item;
}

// Looks a key up on behalf of a read.
[[nodiscard]] inline store::Item read(Context& context, const KeyRef& key) {
  return counted(context, find(context, key));
}

// The same for the key at args[1].
[[nodiscard]] inline store::Item read_first(Context& context, Args args) {
  return context.first_key != nullptr ? read(context, *context.first_key)
                                      : read(context, KeyRef::of(args[1]));
}

// The same for commands that ask about a key rather than use it: it stays as idle as it was.
[[nodiscard]] inline store::Item glance(Context& context, const KeyRef& key) {
  return counted(context, context.store.peek(key, context.now.unix_ms));
}

// Is there a value of another type than `type`? Then the reply has been written.
[[nodiscard]] inline bool refused(Context& context, const store::Item& item, store::Type type) {
  if (!item || item.type() == type) return false;
  context.reply.error(kWrongType);
  return true;
}

}  // namespace limpet::command
