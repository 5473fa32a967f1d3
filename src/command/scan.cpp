#include <algorithm>
#include <limpet/base/limits.hpp>
#include <limpet/base/number.hpp>
#include <limpet/base/slot_set.hpp>
#include <limpet/base/text.hpp>
#include <limpet/command/scan.hpp>
#include <optional>
#include <vector>

#include "access.hpp"
#include "handlers.hpp"

namespace limpet::command {

namespace {

using store::Item;

// The internal form: which slots of this store to walk, and what to let through.
struct Part {
  std::uint64_t slot = 0;
  std::uint64_t position = 0;
  std::uint64_t until = 0;
  std::uint64_t count = 0;
  std::string_view pattern;
  std::string_view type;
  SlotSet slots = SlotSet::all();  // no others are walked
};

std::optional<Part> parse_part(Args args) {
  if (args.size() != 7 && args.size() != 8) return std::nullopt;
  std::uint64_t numbers[4];
  for (std::size_t i = 0; i < 4; ++i) {
    const auto number = parse_uint64(args[i + 1]);
    if (!number) return std::nullopt;
    numbers[i] = *number;
  }
  Part part{numbers[0], numbers[1], numbers[2], numbers[3], args[5], args[6]};
  if (part.slot > part.until || part.until > kSlots || part.count == 0) return std::nullopt;
  if (args.size() == 7) return part;
  const auto slots = SlotSet::read(args[7]);
  if (!slots) return std::nullopt;
  part.slots = *slots;
  return part;
}

bool type_passes(std::string_view wanted, store::Type type) {
  if (wanted.empty()) return true;
  switch (type) {
    case store::Type::none:
      break;
    case store::Type::string:
      return equals_ignore_case(wanted, "string");
    case store::Type::hash:
      return equals_ignore_case(wanted, "hash");
  }
  return false;
}

// A position of a walk as clients get it: behind the mark of the store's seed, and 0 at the beginning. A
// position of a store with another seed, of another node or of this one before it was started again, says
// nothing here: the walk of that slot or hash begins anew, and shows some of it twice.
std::uint64_t marked(const store::Store& store, std::uint64_t position, unsigned bits) {
  return position == 0 ? 0 : store.seed_mark() << bits | position;
}
std::uint64_t unmarked(const store::Store& store, std::uint64_t cursor, unsigned bits) {
  return cursor >> bits == store.seed_mark() ? cursor & ((std::uint64_t{1} << bits) - 1) : 0;
}

// Moves `part` on past the keys that it visits, and returns those that pass. Empty slots cost next to
// nothing. Leaves off when matching has taken long.
std::vector<std::string_view> walk(store::Store& store, Part& part, Glob& glob, std::int64_t unix_ms) {
  std::vector<std::string_view> keys;
  std::uint64_t visited = 0;
  part.position = unmarked(store, part.position, store::kScanPositionBits);
  while (part.slot < part.until && visited < part.count && glob.steps() < kGlobStepsInOneGo) {
    const Slot slot = static_cast<Slot>(part.slot);
    if (!part.slots.has(slot) || store.keys_in(slot) == 0) {
      part.position = 0;
    } else {
      const std::uint64_t count = std::min<std::uint64_t>(part.count - visited, kScanVisitsInOneGo);
      part.position = store.scan(slot, part.position, count, unix_ms, [&](const Item& item) {
        ++visited;
        if (type_passes(part.type, item.type()) && glob.matches(item.key())) keys.push_back(item.key());
      });
    }
    if (part.position == 0) ++part.slot;
  }
  part.position = marked(store, part.position, store::kScanPositionBits);
  return keys;
}

}  // namespace

namespace {

enum class ScanOf : std::uint8_t { keys, fields };

std::string_view parse_options(Args args, ScanOf what, ScanRequest& request) {
  for (std::size_t i = 0; i < args.size(); i += 2) {
    if (i + 1 == args.size()) return kSyntax;
    const std::string_view value = args[i + 1];
    if (equals_ignore_case(args[i], "count")) {
      const auto count = parse_int64(value);
      if (!count) return kNotInteger;
      if (*count < 1) return kSyntax;
      request.count = std::min(static_cast<std::size_t>(*count), kScanCountMax);
    } else if (equals_ignore_case(args[i], "match")) {
      if (value.size() > kGlobBytesMax) return kPatternTooLong;
      request.pattern = value;
    } else if (what == ScanOf::keys && equals_ignore_case(args[i], "type")) {
      request.type = value;
    } else {
      return kSyntax;
    }
  }
  return {};
}

}  // namespace

std::string_view parse_scan(Args args, ScanRequest& request) {
  const auto cursor = parse_uint64(args[1]);
  if (!cursor) return kInvalidCursor;
  request.cursor = *cursor;
  return parse_options(args.subspan(2), ScanOf::keys, request);
}

// The internal form of SCAN: [next slot, next position, slots, key, key, ...]; next slot is the end of the
// range, and next position 0, when the walk got there. The slots are those from the first to there that were
// walked (SlotSet::bytes()).
void handlers::scan(Context& context, Args args) {
  std::optional<Part> part = parse_part(args);
  if (!part) return context.reply.error(kSyntax);
  Glob glob(part->pattern);
  const std::uint64_t from = part->slot;
  const std::vector<std::string_view> keys = walk(context.store, *part, glob, context.now.unix_ms);
  if (glob.gave_up()) return context.reply.error(kPatternTooCostly);
  context.reply.array(3 + keys.size());
  context.reply.bulk_integer(static_cast<std::int64_t>(part->slot));
  context.reply.bulk_integer(static_cast<std::int64_t>(part->position));
  context.reply.bulk(part->slots.bytes(from, part->slot));
  for (const std::string_view key : keys) context.reply.bulk(key);
}

// HSCAN key cursor [MATCH pattern] [COUNT count]: a hash of few and small fields is shown in one go.
void handlers::hscan(Context& context, Args args) {
  const auto cursor = parse_uint64(args[2]);
  if (!cursor) return context.reply.error(kInvalidCursor);
  const Item item = read_first(context, args);
  if (refused(context, item, store::Type::hash)) return;
  ScanRequest request;
  std::vector<std::string_view> shown;
  std::uint64_t next = 0;
  if (item) {
    const std::string_view error = parse_options(args.subspan(3), ScanOf::fields, request);
    if (!error.empty()) return context.reply.error(error);
    Glob glob(request.pattern);
    const std::uint64_t from = unmarked(context.store, *cursor, store::kFieldPositionBits);
    next = item.scan_fields(from, request.count, [&](std::string_view name, std::string_view value) {
      if (glob.steps() > kGlobStepsInOneGo || !glob.matches(name)) return;
      shown.push_back(name);
      shown.push_back(value);
    });
    next = marked(context.store, next, store::kFieldPositionBits);
    if (glob.gave_up() || glob.steps() > kGlobStepsInOneGo) return context.reply.error(kPatternTooCostly);
  }
  context.reply.array(2);
  context.reply.bulk_integer(static_cast<std::int64_t>(next));
  context.reply.array(shown.size());
  for (const std::string_view text : shown) context.reply.bulk(text);
}

// KEYS pattern [slots]: this store's part of it, of all slots or of these.
void handlers::keys(Context& context, Args args) {
  const std::string_view pattern = args[1];
  if (pattern.size() > kGlobBytesMax) return context.reply.error(kPatternTooLong);
  const auto slots = args.size() > 2 ? SlotSet::read(args[2]) : SlotSet::all();
  if (!slots) return context.reply.error(kSyntax);
  Glob glob(pattern);
  std::vector<std::string_view> shown;
  std::size_t bytes = 0;
  for (std::size_t slot = 0; slot < kSlots && bytes <= kReplyBytesMax; ++slot) {
    if (!slots->has(slot) || context.store.keys_in(static_cast<Slot>(slot)) == 0) continue;
    context.store.scan(static_cast<Slot>(slot), 0, SIZE_MAX, context.now.unix_ms, [&](const Item& item) {
      if (!glob.matches(item.key())) return;
      shown.push_back(item.key());
      bytes += item.key().size();
    });
  }
  if (glob.gave_up()) return context.reply.error(kPatternTooCostly);
  context.reply.array(shown.size());
  for (const std::string_view key : shown) context.reply.bulk(key);
}

}  // namespace limpet::command
