// Records: what journal files are made of. docs/journal.md describes them byte by byte.
//
//   +------------+------------+--------+------+------+---+----------+------+---------
//   | head check | body check | length | slot | kind | 0 | sequence | boot | body ...
//   | 4          | 4          | 4      | 2    | 1    | 1 | 8        | 4    |
//   +------------+------------+--------+------+------+---+----------+------+---------
//
// A journal is one stream of records, and a record's position is its offset in that stream. Both checks are
// of XXH3, seeded with the stream's nonce and the record's position: bytes of another stream, or of another
// place of this one, are no record. The head has a check of its own so that a damaged body still tells which
// slot it was of.
#pragma once

#include <cstdint>
#include <limpet/base/bytes.hpp>
#include <limpet/base/last_change.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/base/term.hpp>
#include <string_view>

namespace limpet::journal {

struct Record {
  enum class Kind : std::uint8_t {
    change = 1,  // of a slot: effects (store/change.hpp)
    mark = 2,    // so much of the stream was on the disk when this was written: 8 bytes, a position
    // In snapshots, where changes make the keys of a slot and have the sequence of the slot's last change
    // before:
    slot_end = 3,  // all of a slot has come: 8 bytes, in how many changes
    file_end = 4,  // all of the file has come: 8 bytes, how many slots
    // In both: the changes of the slot behind it are of this term, and numbered on from this number: 20
    // bytes, cessions, restarts, number (version.hpp). It counts as one, so that it is missed.
    term = 5,
    // In journals: what is there of the slot goes on at so many cessions: 8 bytes (version.hpp). It counts as
    // one, too.
    goes_on = 6,
  };
  Kind kind = Kind::change;
  Slot slot = 0;
  std::uint64_t sequence = 0;  // counts all records of the slot here, from 1
  std::uint32_t boot = 0;      // of kind `term`: whose changes follow, as LastChange has it
  std::string_view body = {};

  [[nodiscard]] std::uint64_t bytes() const;  // the whole record
};

inline constexpr std::size_t kRecordHeadBytes = 28;
inline constexpr std::size_t kNumberBodyBytes = 8;  // of mark and ends
inline constexpr std::size_t kTermBodyBytes = kTermBytes + 8;

// The number that is the body of a mark or an end, or the cessions of goes_on.
[[nodiscard]] std::uint64_t number_in(const Record& record);

// Fills in the head of a record whose body stands behind it. `at` has room for both.
void seal_record(char* at, const Record& record, std::uint64_t nonce, std::uint64_t position);

// Appends one of these.
void append_number_record(Bytes& out, Record record, std::uint64_t number, std::uint64_t nonce,
                          std::uint64_t position);

void append_term_record(Bytes& out, Slot slot, std::uint64_t sequence, const LastChange& last,
                        std::uint64_t nonce, std::uint64_t position);
// REQUIRES: it is of kind `term`.
[[nodiscard]] LastChange last_in(const Record& record);

// What stands at the front of some bytes.
struct RecordStep {
  enum class Kind : std::uint8_t {
    record,
    cut,          // the bytes end before the record does, or there are none
    broken_body,  // the head is right: `record` says which slot and how long
    broken,       // no record
  };
  Kind kind = Kind::cut;
  Record record;
};
[[nodiscard]] RecordStep next_record(std::string_view bytes, std::uint64_t nonce, std::uint64_t position);

// The first place from `from` on where a whole record stands, or npos: what comes behind damage. Takes as
// long as the bytes are many, and longer where they are made to look like heads.
[[nodiscard]] std::size_t find_record(std::string_view bytes, std::size_t from, std::uint64_t nonce,
                                      std::uint64_t position_of_bytes);

}  // namespace limpet::journal
