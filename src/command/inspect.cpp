// OBJECT and MEMORY: how a value is kept. Encodings have the names that Redis would give them, since it is
// them that tools know.
#include <limpet/base/number.hpp>
#include <limpet/base/text.hpp>
#include <limpet/command/describe.hpp>

#include "access.hpp"
#include "handlers.hpp"

namespace limpet::command::handlers {

namespace {

using store::Item;
using store::Type;

constexpr std::string_view kNoFrequency =
    "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when "
    "switching between policies at runtime LRU and LFU data will take some time to adjust.";

std::string_view string_encoding(std::string_view text) {
  constexpr std::size_t kEmbeddedMax = 44;
  if (text.size() <= kIntegerCharsMax && parse_int64(text)) return "int";
  return text.size() <= kEmbeddedMax ? "embstr" : "raw";
}

std::string_view hash_encoding(const Item& item) {
  constexpr std::size_t kListFieldsMax = 512;
  constexpr std::size_t kListPieceMax = 64;
  if (item.fields() > kListFieldsMax) return "hashtable";
  bool small = true;
  item.each_field([&small](std::string_view name, std::string_view value) {
    small = small && name.size() <= kListPieceMax && value.size() <= kListPieceMax;
  });
  return small ? "listpack" : "hashtable";
}

std::string_view encoding_of(const Item& item) {
  switch (item.type()) {
    case Type::none:
      break;
    case Type::string:
      return string_encoding(item.string());
    case Type::hash:
      return hash_encoding(item);
  }
  return "";
}

// Writes the reply of a request that never gets to a key.
bool answered(Context& context, Args args) {
  const Spec& spec = *find(args[0]);
  if (const std::string error = refusal(&spec, args); !error.empty()) {
    context.reply.error(error);
    return true;
  }
  if (!equals_ignore_case(args[1], "help")) return false;
  subcommand_help(spec, context.reply);
  return true;
}

}  // namespace

void object(Context& context, Args args) {
  if (answered(context, args)) return;
  const Item item = context.store.peek(KeyRef::of(args[2]), context.now.unix_ms);
  if (!item) return context.reply.null();
  if (equals_ignore_case(args[1], "encoding")) {
    return context.reply.bulk(encoding_of(item));
  }
  if (equals_ignore_case(args[1], "refcount")) return context.reply.integer(1);
  if (equals_ignore_case(args[1], "idletime")) {
    return context.reply.integer(item.idle_ms(context.now.unix_ms) / 1000);
  }
  context.reply.error(kNoFrequency);
}

// Syntax: MEMORY USAGE key [SAMPLES count]. The samples make no difference: what is large is counted, not
// guessed.
void memory(Context& context, Args args) {
  if (answered(context, args)) return;
  for (std::size_t i = 3; i < args.size(); i += 2) {
    if (!equals_ignore_case(args[i], "samples") || i + 1 == args.size()) return context.reply.error(kSyntax);
    const auto samples = parse_int64(args[i + 1]);
    if (!samples) return context.reply.error(kNotInteger);
    if (*samples < 0) return context.reply.error(kSyntax);
  }
  const Item item = context.store.peek(KeyRef::of(args[2]), context.now.unix_ms);
  if (!item) return context.reply.null();
  context.reply.integer(static_cast<std::int64_t>(item.bytes()));
}

}  // namespace limpet::command::handlers
