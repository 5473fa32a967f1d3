#include <limpet/base/assert.hpp>
#include <limpet/handoff/title.hpp>
#include <utility>

namespace limpet::handoff {

bool may_receive(const SlotTitle& slot, Term term, const Migration& migration) {
  const Title& title = slot.title;
  if (title.kind == Title::Kind::own) return false;
  if (title.kind == Title::Kind::ceded && title.term > term) return false;
  if (!slot.promise) return true;
  return std::pair(term, migration) > std::pair(slot.promise->term, slot.promise->migration);
}

SlotTitle promised(const SlotTitle& slot, const Promise& promise) {
  return {.title = slot.title, .promise = promise};
}

SlotTitle ceded(const SlotTitle& slot, Member to, const Migration& migration, std::uint64_t bytes) {
  LIMPET_ASSERT(owns(slot));
  return {.title = {.kind = Title::Kind::ceded,
                    .term = after_cession(slot.title.term),
                    .to = to,
                    .migration = migration,
                    .bytes = bytes},
          .promise = std::nullopt};
}

std::optional<SlotTitle> granted(const SlotTitle& slot, Member from, Term term, const Migration& migration,
                                 std::uint64_t bytes) {
  if (!slot.promise || owns(slot)) return std::nullopt;
  if (slot.title.kind == Title::Kind::ceded && slot.title.term > term) return std::nullopt;
  const Promise wanted{.from = from, .term = term, .migration = migration, .bytes = bytes};
  if (*slot.promise != wanted) return std::nullopt;
  return SlotTitle{.title = {.kind = Title::Kind::own, .term = after_cession(term)}, .promise = std::nullopt};
}

Fate fate_of(const SlotTitle& slot, Term term, const Migration& migration, bool under_way) {
  const Title& title = slot.title;
  const bool in_it = title.migration == migration && title.term == after_cession(term);
  // It was offered back by somebody who owned it since: whoever asks does so from a disk of the past, and
  // would go on with what is old.
  const bool is_back = slot.promise && slot.promise->term >= title.term;
  if (title.kind == Title::Kind::ceded && in_it) return is_back ? Fate::abandoned : Fate::ceded;
  return under_way && owns(slot) ? Fate::pending : Fate::abandoned;
}

bool was_ceded_once(const SlotTitle& slot, Member to, Term term) {
  const Title& title = slot.title;
  return title.kind == Title::Kind::ceded && title.to == to && title.migration == Migration{} &&
         title.term == after_cession(term);
}

SlotTitle forgotten(const SlotTitle& slot) { return {.title = slot.title, .promise = std::nullopt}; }

SlotTitle raised(const SlotTitle& slot) {
  SlotTitle raised = slot;
  if (owns(slot)) raised.title.term = after_restart(slot.title.term);
  return raised;
}

// ---- On the disk ----

namespace {

constexpr std::uint8_t kKindMask = 0x03;
constexpr std::uint8_t kPromise = 0x80;

void append_try(Bytes& out, Member member, Term term, const Migration& migration, std::uint64_t bytes) {
  append_le(out, member);
  append_term(out, term);
  append_le(out, migration.boot);
  append_le(out, migration.attempt);
  append_le(out, bytes);
}

bool take_term_of(std::string_view& from, Term& term, TitleFormat format) {
  return format == TitleFormat::of_0_1 ? take_le(from, term.cessions) : take_term(from, term);
}

bool take_try(std::string_view& from, Member& member, Term& term, Migration& migration, std::uint64_t& bytes,
              TitleFormat format) {
  const bool whole = take_le(from, member) && take_term_of(from, term, format) &&
                     take_le(from, migration.boot) && take_le(from, migration.attempt) &&
                     take_le(from, bytes);
  if (format == TitleFormat::of_0_1) migration.boot = boot_id(migration.boot, 0);
  return whole;
}

}  // namespace

void append_title(Bytes& out, Slot slot, const SlotTitle& title) {
  const auto kind = static_cast<std::uint8_t>(title.title.kind);
  append_le(out, slot);
  append_le(out, static_cast<std::uint8_t>(kind | (title.promise ? kPromise : 0)));
  const Title& held = title.title;
  if (held.kind == Title::Kind::own) append_term(out, held.term);
  if (held.kind == Title::Kind::ceded) append_try(out, held.to, held.term, held.migration, held.bytes);
  if (const auto& promise = title.promise) {
    append_try(out, promise->from, promise->term, promise->migration, promise->bytes);
  }
}

bool take_title(std::string_view& bytes, Slot& slot, SlotTitle& title, TitleFormat format) {
  title = {};
  std::uint8_t head = 0;
  if (!take_le(bytes, slot) || slot >= kSlots || !take_le(bytes, head)) return false;
  if ((head & ~(kKindMask | kPromise)) != 0) return false;
  Title& held = title.title;
  held.kind = static_cast<Title::Kind>(head & kKindMask);
  switch (held.kind) {
    case Title::Kind::none:
      break;
    case Title::Kind::own:
      if (!take_term_of(bytes, held.term, format)) return false;
      break;
    case Title::Kind::ceded:
      if (!take_try(bytes, held.to, held.term, held.migration, held.bytes, format)) return false;
      break;
    default:
      return false;
  }
  if ((head & kPromise) == 0) return true;
  if (held.kind == Title::Kind::own) return false;  // nobody promises it its own
  Promise& promise = title.promise.emplace();
  return take_try(bytes, promise.from, promise.term, promise.migration, promise.bytes, format);
}

}  // namespace limpet::handoff
