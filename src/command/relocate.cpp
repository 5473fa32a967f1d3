// RENAME, RENAMENX and COPY where both keys are here, and the steps of those where they are not.
#include <limpet/base/bytes.hpp>
#include <limpet/base/hash.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/base/number.hpp>
#include <limpet/base/text.hpp>
#include <limpet/command/relocate.hpp>
#include <limpet/store/packed.hpp>

#include "access.hpp"
#include "handlers.hpp"

namespace limpet::command {

namespace {

using store::Item;

// The item gets another name here; whatever had that name is gone.
void copy_here(Context& context, const KeyRef& from, const KeyRef& to) {
  context.store.erase(to, context.now.unix_ms);
  store::copy(context.store, find(context, from), to, context.now.unix_ms);
}

void run_pair(Context& context, Args args) {
  PairRequest request;
  if (const std::string_view error = parse_pair(args, request); !error.empty()) {
    return context.reply.error(error);
  }
  const KeyRef from = first_key(context, args);
  const KeyRef to = KeyRef::of(args[2]);
  if (!find(context, from))
    return request.strict ? context.reply.error(kNoSuchKey) : context.reply.integer(0);
  const bool same = from.key == to.key;
  if (!request.replace && (same || find(context, to))) return context.reply.integer(0);
  if (request.keep_source) {
    copy_here(context, from, to);
  } else if (!same) {
    context.store.rename(from, to, context.now.unix_ms);
  }
  request.counts ? context.reply.integer(1) : context.reply.ok();
}

// ---- Steps ----

void step_read(Context& context, const KeyRef& key) {
  const Item item = find(context, key);
  if (!item) return context.reply.null();
  const std::string value = store::pack(item);
  if (value.size() > kRequestBytesMax) return context.reply.error(kTooLargeToMove);
  context.reply.bulk(value);
}

void step_write(Context& context, const KeyRef& key, std::string_view value, bool replace) {
  if (!replace && find(context, key)) return context.reply.integer(0);
  context.store.erase(key, context.now.unix_ms);
  if (!store::unpack(context.store, key, value, context.now.unix_ms)) return context.reply.error(kSyntax);
  context.reply.integer(1);
}

void step_erase(Context& context, const KeyRef& key, std::string_view digest) {
  const Item item = find(context, key);
  if (!item || digest_of(store::pack(item)) != digest) return context.reply.integer(0);
  context.store.erase(key, context.now.unix_ms);
  context.reply.integer(1);
}

}  // namespace

std::string digest_of(std::string_view value) {
  constexpr std::uint64_t kOtherSeed = 0x9e3779b97f4a7c15;
  char digest[2 * sizeof(std::uint64_t)];
  store_le(digest, hash64(value));
  store_le(digest + sizeof(std::uint64_t), hash64(value, kOtherSeed));
  return {digest, sizeof digest};
}

bool is_step(Args args) {
  if (args.size() == 2) return args[0] == kStepRead;
  if (args.size() == 3) return args[0] == kStepErase;
  return args.size() == 4 && args[0] == kStepWrite;
}

void run_step(Context& context, Args args) {
  const KeyRef key = KeyRef::of(args[1]);
  if (args[0] == kStepRead) return step_read(context, key);
  if (args[0] == kStepErase) return step_erase(context, key, args[2]);
  step_write(context, key, args[2], args[3] == "replace");
}

std::string_view parse_pair(Args args, PairRequest& request) {
  request.keep_source = equals_ignore_case(args[0], "copy");
  request.strict = !request.keep_source;
  request.counts = request.keep_source || equals_ignore_case(args[0], "renamenx");
  request.replace = !request.counts;
  if (!request.keep_source) return {};
  for (std::size_t i = 3; i < args.size(); ++i) {
    if (equals_ignore_case(args[i], "replace")) {
      request.replace = true;
    } else if (equals_ignore_case(args[i], "db") && i + 1 < args.size()) {
      const auto database = parse_int64(args[++i]);
      if (!database) return kNotInteger;
      if (!fits_int(*database)) return kNotInt;
      if (*database != 0) return kDbOutOfRange;
    } else {
      return kSyntax;
    }
  }
  return args[1] == args[2] ? kSameObject : std::string_view();
}

void handlers::rename(Context& context, Args args) { run_pair(context, args); }
void handlers::renamenx(Context& context, Args args) { run_pair(context, args); }
void handlers::copy(Context& context, Args args) { run_pair(context, args); }

}  // namespace limpet::command
