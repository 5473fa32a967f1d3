// RENAME, RENAMENX and COPY where both keys are here, and the steps of those where they are not.
//
// A value on its way is [type 1][time-out 8][content]: of a string its bytes; of a hash for each field
// [length 4][name][length 4][value]. Little-endian.
#include <limpet/base/bytes.hpp>
#include <limpet/base/hash.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/base/number.hpp>
#include <limpet/base/text.hpp>
#include <limpet/command/relocate.hpp>
#include <vector>

#include "access.hpp"
#include "handlers.hpp"

namespace limpet::command {

namespace {

using store::Expiry;
using store::Item;
using store::Type;

constexpr std::size_t kHeadBytes = 1 + 8;
constexpr char kStringMark = 's';
constexpr char kHashMark = 'h';

template <class Integer>
void append_le(std::string& out, Integer value) {
  char bytes[sizeof value];
  store_le(bytes, value);
  out.append(bytes, sizeof value);
}

void append_piece(std::string& out, std::string_view piece) {
  append_le(out, static_cast<std::uint32_t>(piece.size()));
  out.append(piece);
}

std::string packed(const Item& item) {
  std::string out(1, item.type() == Type::hash ? kHashMark : kStringMark);
  append_le(out, item.expires_unix_ms());
  if (item.type() == Type::string) {
    out.append(item.string());
  } else {
    item.each_field([&out](std::string_view name, std::string_view value) {
      append_piece(out, name);
      append_piece(out, value);
    });
  }
  return out;
}

// Takes a piece from the front of `rest`; false if there is none.
bool take_piece(std::string_view& rest, std::string_view& piece) {
  if (rest.size() < 4) return false;
  const auto size = load_le<std::uint32_t>(rest.data());
  if (rest.size() - 4 < size) return false;
  piece = rest.substr(4, size);
  rest.remove_prefix(4 + std::size_t{size});
  return true;
}

using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

bool unpack_fields(std::string_view rest, Fields& fields) {
  while (!rest.empty()) {
    auto& [name, value] = fields.emplace_back();
    if (!take_piece(rest, name) || !take_piece(rest, value)) return false;
  }
  return !fields.empty();
}

// Makes `key`, which is absent, what `value` says. False if that is no value. REQUIRES: not a part of the
// store.
bool unpack(Context& context, const KeyRef& key, std::string_view value) {
  if (value.size() < kHeadBytes) return false;
  const auto expires = load_le<std::int64_t>(value.data() + 1);
  const std::string_view content = value.substr(kHeadBytes);
  const std::int64_t now = context.now.unix_ms;
  if (value.front() == kStringMark) {
    context.store.put_string(key, content, expires == kNoExpiry ? Expiry::none() : Expiry::at(expires), now);
    return true;
  }
  Fields fields;
  if (value.front() != kHashMark || !unpack_fields(content, fields)) return false;
  for (const auto& [name, text] : fields) context.store.put_field(key, name, text, now);
  if (expires != kNoExpiry) context.store.set_expiry(key, expires, now);
  return true;
}

// The item gets another name here; whatever had that name is gone.
void copy_here(Context& context, const KeyRef& from, const KeyRef& to) {
  context.store.erase(to, context.now.unix_ms);
  const Item item = find(context, from);
  if (item.type() != Type::string) {
    const std::string value = packed(item);
    unpack(context, to, value);
    return;
  }
  const std::int64_t expires = item.expires_unix_ms();
  context.store.put_string(to, item.string(), expires == kNoExpiry ? Expiry::none() : Expiry::at(expires),
                           context.now.unix_ms);
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
  const std::string value = packed(item);
  if (value.size() > kRequestBytesMax) return context.reply.error(kTooLargeToMove);
  context.reply.bulk(value);
}

void step_write(Context& context, const KeyRef& key, std::string_view value, bool replace) {
  if (!replace && find(context, key)) return context.reply.integer(0);
  context.store.erase(key, context.now.unix_ms);
  if (!unpack(context, key, value)) return context.reply.error(kSyntax);
  context.reply.integer(1);
}

void step_erase(Context& context, const KeyRef& key, std::string_view digest) {
  const Item item = find(context, key);
  if (!item || digest_of(packed(item)) != digest) return context.reply.integer(0);
  context.store.erase(key, context.now.unix_ms);
  context.reply.integer(1);
}

}  // namespace

std::string digest_of(std::string_view value) {
  constexpr std::uint64_t kOtherSeed = 0x9e3779b97f4a7c15;
  std::string digest;
  append_le(digest, hash64(value));
  append_le(digest, hash64(value, kOtherSeed));
  return digest;
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
