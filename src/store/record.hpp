// Record: the bytes of one key with its value, or of one field of a large hash, in one cell.
//
//     +-------+-----+--------+------+-----------+--------+-------+--------+-----+---------------+
//     | flags | len | inline | seen | outside   | length | uid   | expiry | key | inline value  |
//     | 1     | 1   | 2      | 3    | 0 or 1+16 | 0 or 4 | 0,2,8 | 0,6,8  |     |               |
//     +-------+-----+--------+------+-----------+--------+-------+--------+-----+---------------+
//
// `len` is the key's length, or the 4 bytes of `length` hold it (long key). The upper 4 bits of `inline` are
// the tag of the value's type, 0 for a string; the lower 12 are the length of the inline value. `seen` is
// when somebody last read or wrote it, in units of 1024 ms, modulo 2^24: 198 days. `outside` describes a
// value that stands elsewhere. What the bytes inline and outside are is the type's business (values/). `uid`
// says where in the key the uid stands if it is not the whole key: offset and length, of one byte each, or
// four with a long key.
//
// A record that does not fit a cell, which takes a key of a thousand bytes, is a block of malloc, and its
// cell holds the flag kIndirect and the block's address. A cell with the flag kWide is no record: see
// wide.hpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limpet/base/bytes.hpp>
#include <limpet/base/time.hpp>
#include <limpet/store/item.hpp>
#include <string_view>

#include "table.hpp"

namespace limpet::store {

inline constexpr unsigned kOutside = 0x01;
inline constexpr unsigned kExpiry6 = 0x04;
inline constexpr unsigned kExpiry8 = 0x08;  // a time-out beyond the year 10889
inline constexpr unsigned kUidPart = 0x10;
inline constexpr unsigned kLongKey = 0x20;
inline constexpr unsigned kIndirect = 0x40;
inline constexpr unsigned kWide = 0x80;
inline constexpr std::int64_t kExpiry6Max = (std::int64_t{1} << 48) - 1;

inline constexpr std::size_t kRecordCellMax = 1024;  // a larger record has its value outside

inline constexpr std::size_t kHeadBytes = 7;
inline constexpr std::size_t kSeenAt = 4;
inline constexpr std::size_t kOutsideHeadBytes = 24;
inline constexpr std::size_t kOutsideAt = 8;
inline constexpr std::size_t kOutsideBytes = 16;
static_assert(kOutsideAt + kOutsideBytes == kOutsideHeadBytes);

inline constexpr unsigned kInlineBits = 12;
inline constexpr unsigned kInlineMask = (1u << kInlineBits) - 1;
inline constexpr unsigned kTypesMax = 1u << (16 - kInlineBits);
static_assert(kRecordCellMax <= kInlineMask);

constexpr std::size_t uid_bytes(unsigned flags) {
  return (flags & kUidPart) == 0 ? 0 : (flags & kLongKey) != 0 ? 8 : 2;
}
constexpr std::size_t expiry_bytes(unsigned flags) {
  return (flags & kExpiry6) != 0 ? 6 : (flags & kExpiry8) != 0 ? 8 : 0;
}
constexpr std::size_t uid_at(unsigned flags) {
  return ((flags & kOutside) != 0 ? kOutsideHeadBytes : kHeadBytes) + ((flags & kLongKey) != 0 ? 4 : 0);
}
constexpr std::size_t expiry_at(unsigned flags) { return uid_at(flags) + uid_bytes(flags); }

// Where the key begins, by the low six bits of the flags.
inline constexpr auto kKeyAt = [] {
  std::array<std::uint8_t, 64> at{};
  for (unsigned flags = 0; flags < 64; ++flags) {
    at[flags] = static_cast<std::uint8_t>(expiry_at(flags) + expiry_bytes(flags));
  }
  return at;
}();

[[nodiscard]] inline unsigned flags_of(const char* record) { return static_cast<unsigned char>(record[0]); }
[[nodiscard]] inline bool is_outside(const char* record) { return (flags_of(record) & kOutside) != 0; }

constexpr unsigned type_tag(Type type) {
  return static_cast<unsigned>(type) - static_cast<unsigned>(Type::string);
}
[[nodiscard]] inline Type type_of(const char* record) {
  return static_cast<Type>((load_le<std::uint16_t>(record + 2) >> kInlineBits) +
                           static_cast<unsigned>(Type::string));
}
static_assert(type_tag(Type::string) == 0);

[[nodiscard]] inline std::string_view key_of(const char* record) {
  const unsigned flags = flags_of(record);
  std::size_t size = static_cast<unsigned char>(record[1]);
  if ((flags & kLongKey) != 0) size = load_le<std::uint32_t>(record + uid_at(flags) - 4);
  return {record + kKeyAt[flags], size};
}

// memcmp() for the few bytes that most keys have, without the call.
[[nodiscard]] inline bool equal_bytes(const char* a, const char* b, std::size_t size) {
  const auto differ = [&](std::size_t at) {
    return load_le<std::uint64_t>(a + at) ^ load_le<std::uint64_t>(b + at);
  };
  if (size - 8 <= 8) return (differ(0) | differ(size - 8)) == 0;
  return std::memcmp(a, b, size) == 0;
}

// A cell that is a record itself, with a key of less than 256 bytes: the common case, decided fast.
[[nodiscard]] inline bool is_plain(const char* cell) {
  return (flags_of(cell) & (kWide | kIndirect | kLongKey)) == 0;
}
// Whether a cell is plain and has this key.
[[nodiscard]] inline bool plainly_holds(const char* cell, std::string_view key) {
  constexpr unsigned kLengthAndOddFlags = 0xff00 | kWide | kIndirect | kLongKey;
  const unsigned head = load_le<std::uint16_t>(cell);
  return (head & kLengthAndOddFlags) == key.size() << 8 &&
         equal_bytes(cell + kKeyAt[head & 63], key.data(), key.size());
}

[[nodiscard]] inline std::string_view uid_in(const char* record) {
  const unsigned flags = flags_of(record);
  const std::string_view key = key_of(record);
  if ((flags & kUidPart) == 0) return key;
  const char* const at = record + uid_at(flags);
  if ((flags & kLongKey) != 0) return key.substr(load_le<std::uint32_t>(at), load_le<std::uint32_t>(at + 4));
  return key.substr(static_cast<unsigned char>(at[0]), static_cast<unsigned char>(at[1]));
}

[[nodiscard]] inline std::int64_t expiry_of(const char* record) {
  const unsigned flags = flags_of(record);
  // The six bytes are read as eight: the least cell behind them has 16 bytes.
  if ((flags & kExpiry6) != 0) return load_le<std::int64_t>(record + kKeyAt[flags & 63] - 6) & kExpiry6Max;
  if ((flags & kExpiry8) != 0) return load_le<std::int64_t>(record + kKeyAt[flags & 63] - 8);
  return kNoExpiry;
}
[[nodiscard]] inline bool expired(const char* record, std::int64_t unix_ms) {
  const std::int64_t expiry = expiry_of(record);
  return expiry != kNoExpiry && expiry <= unix_ms;
}

// The clock of `seen`.
inline constexpr std::uint32_t kSeenCycle = 1u << 24;
// A wall clock may go back, and what was used a moment ago would be the longest idle: so much of the cycle
// (25 days) is the future, which is now.
inline constexpr std::uint32_t kSeenAhead = kSeenCycle / 8;
[[nodiscard]] inline std::uint32_t seen_clock(std::int64_t unix_ms) {
  return static_cast<std::uint32_t>(unix_ms >> 10) & (kSeenCycle - 1);
}
inline void set_seen(char* record, std::uint32_t clock) {
  store_le(record + kSeenAt, static_cast<std::uint16_t>(clock));
  record[kSeenAt + 2] = static_cast<char>(clock >> 16);
}
[[nodiscard]] inline std::uint32_t idle_units(const char* record, std::uint32_t clock) {
  const std::uint32_t seen = load_le<std::uint16_t>(record + kSeenAt) |
                             std::uint32_t{static_cast<unsigned char>(record[kSeenAt + 2])} << 16;
  const std::uint32_t idle = (clock - seen) & (kSeenCycle - 1);
  return idle < kSeenCycle - kSeenAhead ? idle : 0;
}

[[nodiscard]] inline std::size_t inline_size(const char* record) {
  return load_le<std::uint16_t>(record + 2) & kInlineMask;
}
inline void set_inline_size(char* record, Type type, std::size_t size) {
  store_le(record + 2, static_cast<std::uint16_t>(type_tag(type) << kInlineBits | size));
}
[[nodiscard]] inline char* inline_at(char* record) {
  return record + kKeyAt[flags_of(record)] + key_of(record).size();
}
[[nodiscard]] inline std::string_view inline_of(const char* record) {
  const std::string_view key = key_of(record);
  return {key.data() + key.size(), inline_size(record)};
}

// What describes the value that stands elsewhere, as the type has it.
template <class Outside>
[[nodiscard]] Outside& outside_of(char* record) {
  static_assert(sizeof(Outside) <= kOutsideBytes && alignof(Outside) <= 8);
  return *reinterpret_cast<Outside*>(record + kOutsideAt);
}
template <class Outside>
[[nodiscard]] const Outside& outside_of(const char* record) {
  return outside_of<Outside>(const_cast<char*>(record));
}

// A key as a record holds it. The views may point into another record.
struct Name {
  std::string_view key;
  std::uint32_t uid_offset = 0;
  std::uint32_t uid_size = 0;
  bool uid_part = false;  // the uid is not the whole key
};
[[nodiscard]] inline Name name_of(const char* record) {
  const std::string_view key = key_of(record);
  const std::string_view uid = uid_in(record);
  return {key, static_cast<std::uint32_t>(uid.data() - key.data()), static_cast<std::uint32_t>(uid.size()),
          (flags_of(record) & kUidPart) != 0};
}

// Everything that decides the layout of a record.
struct Shape {
  Name name;
  std::int64_t expiry = kNoExpiry;
  Type type = Type::string;
  bool outside = false;
  std::size_t inline_bytes = 0;

  [[nodiscard]] unsigned flags() const {
    unsigned out = outside ? kOutside : 0;
    if (expiry != kNoExpiry) out |= expiry > kExpiry6Max ? kExpiry8 : kExpiry6;
    if (name.uid_part) out |= kUidPart;
    if (name.key.size() > 0xff) out |= kLongKey;
    return out;
  }
  [[nodiscard]] std::size_t bytes() const { return kKeyAt[flags()] + name.key.size() + inline_bytes; }
};

inline void set_expiry_bytes(char* record, std::int64_t expiry) {
  const unsigned flags = flags_of(record);
  std::memcpy(record + expiry_at(flags), &expiry, expiry_bytes(flags));
}
// Writes all but the value. `clock`: of seen.
void write_head(char* record, const Shape& shape, std::uint32_t clock);

}  // namespace limpet::store
