#include <limpet/base/limits.hpp>
#include <limpet/replica/entry.hpp>

namespace limpet::replica {

namespace {

constexpr std::size_t kHeadBytes = 3;
constexpr std::size_t kLengthBytes = 4;

void append_head(Bytes& out, Entry::Kind kind, Slot slot) {
  out.push_back(static_cast<char>(kind));
  append_le(out, slot);
}

enum class Taken : std::uint8_t { whole, cut_off, wrong };

Taken taken(bool whole) { return whole ? Taken::whole : Taken::cut_off; }

Taken take_effects(std::string_view& from, std::string_view& effects) {
  std::uint32_t length = 0;
  if (!take_le(from, length)) return Taken::cut_off;
  if (length > kRecordBytesMax) return Taken::wrong;
  if (from.size() < length) return Taken::cut_off;
  effects = from.substr(0, length);
  from.remove_prefix(length);
  return Taken::whole;
}

Taken take_history(std::string_view& from, Entry& entry) {
  std::uint8_t count = 0;
  if (!take_le(from, count)) return Taken::cut_off;
  if (count == 0 || count > kTermsRemembered + 1) return Taken::wrong;
  entry.ends.clear();
  LastChange before;
  for (unsigned at = 0; at < count; ++at) {
    LastChange change;
    if (!take_with_boot(from, change)) return Taken::cut_off;
    if (at > 0 && !may_follow(change, before)) return Taken::wrong;
    if (at + 1 < count) entry.ends.push_back(change);
    before = change;
  }
  entry.last = before;
  return Taken::whole;
}

Taken take_body(std::string_view& from, Entry& entry) {
  switch (entry.kind) {
    case Entry::Kind::drop:
      return Taken::whole;
    case Entry::Kind::ask:
    case Entry::Kind::begin:
    case Entry::Kind::spare:
      return taken(take_term(from, entry.term));
    case Entry::Kind::from:
      return taken(take_with_boot(from, entry.last));
    case Entry::Kind::change:
      return take_le(from, entry.number) ? take_effects(from, entry.effects) : Taken::cut_off;
    case Entry::Kind::run:
      return take_effects(from, entry.effects);
    case Entry::Kind::whole:
      return take_history(from, entry);
  }
  return Taken::wrong;
}

}  // namespace

void append_entry(Bytes& out, const Entry& entry) {
  append_head(out, entry.kind, entry.slot);
  switch (entry.kind) {
    case Entry::Kind::drop:
      return;
    case Entry::Kind::ask:
    case Entry::Kind::begin:
    case Entry::Kind::spare:
      return append_term(out, entry.term);
    case Entry::Kind::from:
      return append_with_boot(out, entry.last);
    case Entry::Kind::change:
      append_le(out, entry.number);
      [[fallthrough]];
    case Entry::Kind::run:
      append_le(out, static_cast<std::uint32_t>(entry.effects.size()));
      return out.append(entry.effects);
    case Entry::Kind::whole:
      append_le(out, static_cast<std::uint8_t>(entry.ends.size() + 1));
      for (const LastChange& end : entry.ends) append_with_boot(out, end);
      return append_with_boot(out, entry.last);
  }
}

std::size_t begin_run(Bytes& out, Slot slot) {
  const std::size_t at = out.size();
  append_head(out, Entry::Kind::run, slot);
  out.extend(kLengthBytes);
  return at;
}

bool end_run(Bytes& out, std::size_t at) {
  const std::size_t length = out.size() - at - kHeadBytes - kLengthBytes;
  if (length == 0) {
    out.truncate(at);
    return false;
  }
  store_le(out.data() + at + kHeadBytes, static_cast<std::uint32_t>(length));
  return true;
}

EntryStep next_entry(std::string_view input) {
  EntryStep step;
  next_entry(input, step);
  return step;
}

void next_entry(std::string_view input, EntryStep& step) {
  step.kind = EntryStep::Kind::need_more;
  std::string_view rest = input;
  std::uint8_t kind = 0;
  if (!take_le(rest, kind) || !take_le(rest, step.entry.slot)) return;
  step.entry.kind = static_cast<Entry::Kind>(kind);
  const Taken body = step.entry.slot < kSlots ? take_body(rest, step.entry) : Taken::wrong;
  if (body == Taken::cut_off) return;
  step.kind = body == Taken::whole ? EntryStep::Kind::entry : EntryStep::Kind::error;
  step.consumed = input.size() - rest.size();
}

}  // namespace limpet::replica
