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

}  // namespace limpet::replica
