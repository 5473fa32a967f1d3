#include <algorithm>
#include <limpet/base/limits.hpp>
#include <limpet/peer/words.hpp>

#include "name_bytes.hpp"

namespace limpet::peer {

namespace {

constexpr std::size_t kGroupMax = 8'192;  // slots in one section

bool take_slots(std::string_view& from, Section& section) {
  std::uint16_t count = 0;
  if (!take_term(from, section.term) || !take_le(from, count)) return false;
  const std::size_t bytes = std::size_t{count} * sizeof(Slot);
  if (from.size() < bytes) return false;
  section.slots = from.substr(0, bytes);
  from.remove_prefix(bytes);
  for (std::size_t at = 0; at < section.count(); ++at) {
    if (section.slot(at) >= kSlots) return false;
  }
  return true;
}

bool take_what_is_there(std::string_view& from, Section& section) {
  LastChange last;
  if (!take_last(from, last)) return false;
  if (last.term != Term{}) section.last = last.number == 0 ? LastChange{} : last;
  return true;
}

void append_what_is_there(Bytes& out, const Section& promise) {
  LastChange last = promise.last.value_or(LastChange{});
  if (promise.last && last.term == Term{}) last.term = promise.term;
  append_last(out, last);
}

bool take_promise(std::string_view& from, Section& section) {
  if (from.size() < sizeof(Slot)) return false;
  section.slots = from.substr(0, sizeof(Slot));
  from.remove_prefix(sizeof(Slot));
  return section.slot(0) < kSlots && take_term(from, section.term) && take_le(from, section.boot) &&
         take_le(from, section.attempt) && take_le(from, section.bytes) && take_what_is_there(from, section);
}

}  // namespace

bool are_words(std::string_view body) {
  Section section;
  while (!body.empty()) {
    if (!take_section(body, section)) return false;
  }
  return true;
}

bool take_section(std::string_view& from, Section& section) {
  section = {};
  std::uint8_t said = 0;
  std::uint8_t length = 0;
  if (!take_le(from, said) || !take_le(from, length) || from.size() < length) return false;
  section.name = from.substr(0, length);
  from.remove_prefix(length);
  section.said = static_cast<Said>(said);
  switch (section.said) {
    case Said::holds:
    case Said::begins:
    case Said::knows:
      return take_slots(from, section);
    case Said::boot:
      return take_le(from, section.boot);
    case Said::promised:
      return take_promise(from, section);
  }
  return false;
}

void WordWriter::room_for(std::size_t bytes) {
  if (body_.empty() || body_.size() + bytes <= kPieceBytes) return;
  send_(body_.view());
  body_.clear();
}

void WordWriter::head(Said said, std::string_view name) {
  const std::string_view cut = name.substr(0, kNameBytesMax);
  append_le(body_, static_cast<std::uint8_t>(said));
  append_le(body_, static_cast<std::uint8_t>(cut.size()));
  body_.append(cut);
}

void WordWriter::say_boot(std::string_view name, std::uint64_t boot) {
  room_for(kNameBytesMax + 16);
  head(Said::boot, name);
  append_le(body_, boot);
}

void WordWriter::say_promised(const Section& promise, Slot slot) {
  room_for(kNameBytesMax + 96);
  head(Said::promised, promise.name);
  append_le(body_, slot);
  append_term(body_, promise.term);
  append_le(body_, promise.boot);
  append_le(body_, promise.attempt);
  append_le(body_, promise.bytes);
  append_what_is_there(body_, promise);
}

void WordWriter::flush() {
  for (const auto& [group, slots] : groups_) {
    const auto& [said, name, term] = group;
    for (std::size_t at = 0; at < slots.size(); at += kGroupMax) {
      const std::size_t count = std::min(kGroupMax, slots.size() - at);
      room_for(kNameBytesMax + 16 + count * sizeof(Slot));
      head(said, name);
      append_term(body_, term);
      append_le(body_, static_cast<std::uint16_t>(count));
      for (std::size_t i = at; i < at + count; ++i) append_le(body_, slots[i]);
    }
  }
  groups_.clear();
  if (!body_.empty()) send_(body_.view());
  body_.clear();
}

}  // namespace limpet::peer
