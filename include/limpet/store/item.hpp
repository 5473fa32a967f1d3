// Item: one key as a reader sees it.
//
// A handle into a store, cheap to copy, valid until the next call that changes the store; owned by whoever
// asked for it, on the shard's thread. It reads no clock: a key that a store has shown is there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace limpet::store {

class Records;

// How many bits the positions of scan_fields() take.
inline constexpr unsigned kFieldPositionBits = 25;

// The types of values that clients can make. Its number is kept with each record, and is never sent or
// written.
enum class Type : std::uint8_t { none, string, hash };

class Item {
 public:
  Item() = default;
  Item(const Records& records, const char* record) : records_(&records), record_(record) {}
  [[nodiscard]] explicit operator bool() const { return record_ != nullptr; }

  [[nodiscard]] Type type() const;                     // none for an empty handle
  [[nodiscard]] std::int64_t expires_unix_ms() const;  // kNoExpiry without a time-out
  [[nodiscard]] std::string_view key() const;

  // REQUIRES: type() == Type::string.
  [[nodiscard]] std::string_view string() const;

  // REQUIRES: type() == Type::hash. `found` false leaves `value` alone.
  [[nodiscard]] std::size_t fields() const;
  [[nodiscard]] bool field(std::string_view name, std::string_view& value) const;
  void each_field(const std::function<void(std::string_view name, std::string_view value)>& visit) const;
  // Visits fields from `position` on (0: the first), about `count` or, while they are few
  // and small, all of them, and returns the position to go on from (0: done). Whoever goes on until 0 has
  // seen every field that was present throughout; one may be seen twice.
  std::uint64_t scan_fields(
      std::uint64_t position, std::size_t count,
      const std::function<void(std::string_view name, std::string_view value)>& visit) const;

  // What key and value take, rounding included, but not the tables that lead to them. Takes as long as a hash
  // has fields.
  [[nodiscard]] std::size_t bytes() const;
  // How long nobody has read or written it: within a second, modulo 198 days.
  [[nodiscard]] std::int64_t idle_ms(std::int64_t unix_ms) const;

  // Where it stands, for the types of values.
  [[nodiscard]] const Records& records() const { return *records_; }
  [[nodiscard]] const char* record() const { return record_; }

 private:
  const Records* records_ = nullptr;
  const char* record_ = nullptr;
};

}  // namespace limpet::store
