// Entries: what an owner says to a follower of the slots that it has there, one after the other, as one
// stream of bytes.
//
//   entry = kind (1 byte), slot (2), and by kind:
//     ask     term                     I own it at that: what is there of it? (followed.hpp)
//     from    last change              the next changes are of this term and boot, behind this number
//     change  number, effects          the next change
//     begin   term                     what is there of it goes: a copy comes, of its owner at that
//     run     effects                  more of the copy
//     whole   count (1), last changes  that was all: it has the last of these, and of terms before the others
//     drop    -                        it is followed no more
//     spare   term                     its owner at that has all copies that are to be: this is none
//
// A term is 12 bytes, a number 8; a last change is (term, number) and boot, 24; effects stand behind their
// length (4). All integers are little-endian.
//
// An entry has any length, and a stream is cut anywhere. Bytes that came from elsewhere are never trusted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limpet/base/bytes.hpp>
#include <limpet/base/last_change.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/base/term.hpp>
#include <string_view>
#include <vector>

namespace limpet::replica {

struct Entry {
  enum class Kind : std::uint8_t {
    ask = 1,
    from = 2,
    change = 3,
    begin = 4,
    run = 5,
    whole = 6,
    drop = 7,
    spare = 8
  };
  Kind kind{};
  Slot slot = 0;
  Term term{};                     // of ask, begin and spare
  std::uint64_t number = 0;        // of change
  LastChange last{};               // of from and whole
  std::vector<LastChange> ends{};  // of whole
  std::string_view effects{};      // of change and run
};

void append_entry(Bytes& out, const Entry& entry);
// What append_entry() writes of a run before its effects, whose length is not known yet: end_run() writes it
// once they stand behind. Returns where the entry begins.
std::size_t begin_run(Bytes& out, Slot slot);
// False: there are none, and the entry is taken away again.
bool end_run(Bytes& out, std::size_t at);

struct EntryStep {
  enum class Kind : std::uint8_t { need_more, entry, error };
  Kind kind = Kind::need_more;
  std::size_t consumed = 0;
  Entry entry{};  // `effects` point into the input
};
// Reads one from the front of `input`.
[[nodiscard]] EntryStep next_entry(std::string_view input);
// The same, into one that is used again and again: of the entry only what is of its kind is set.
void next_entry(std::string_view input, EntryStep& step);

// ---- In the log ----
// A change as an entry, and what it is called by: far more are written and passed on than all others.
inline constexpr std::size_t kChangeHeadBytes = 15;
inline constexpr std::size_t kFromBytes = 27;
inline void append_change(Bytes& out, Slot slot, std::uint64_t number, std::string_view effects) {
  char* const at = out.extend(kChangeHeadBytes + effects.size());
  at[0] = static_cast<char>(Entry::Kind::change);
  store_le(at + 1, slot);
  store_le(at + 3, number);
  store_le(at + 11, static_cast<std::uint32_t>(effects.size()));
  std::memcpy(at + kChangeHeadBytes, effects.data(), effects.size());
}
struct Glance {
  bool is_change = false;  // or else it is a `from`
  Slot slot = 0;
  std::uint64_t number = 0;
  std::size_t bytes = 0;
};
// Of a change or a `from` that was written here.
[[nodiscard]] inline Glance glance_at(const char* entry) {
  constexpr std::size_t kNumberInFrom = 3 + kTermBytes;
  const auto slot = load_le<Slot>(entry + 1);
  if (entry[0] != static_cast<char>(Entry::Kind::change))
    return {.slot = slot, .number = load_le<std::uint64_t>(entry + kNumberInFrom), .bytes = kFromBytes};
  return {.is_change = true,
          .slot = slot,
          .number = load_le<std::uint64_t>(entry + 3),
          .bytes = kChangeHeadBytes + load_le<std::uint32_t>(entry + 11)};
}

}  // namespace limpet::replica
