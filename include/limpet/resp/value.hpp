// Value: one reply, read. For those who stand at the other end of the protocol: the command-line client, a
// node that puts the parts of a reply together, tests. All types of RESP2 and RESP3 but the streamed ones;
// attributes are skipped, bulk errors become errors.
//
// The bytes may come from a broken or hostile peer: depth, elements and bytes have bounds, and nothing is
// reserved that has not arrived. Values own what they hold. Lengths are in bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limpet/base/result.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::resp {

struct Value {
  enum class Type : std::uint8_t {
    simple,
    error,
    integer,
    bulk,
    null,
    array,
    map,
    set,
    push,
    verbatim,
    boolean,
    number,
    big_number
  };
  Type type = Type::null;
  std::string text;             // simple, error, bulk, verbatim (without its "txt:"), number, big_number
  std::int64_t integer = 0;     // integer; boolean as 0 or 1
  std::vector<Value> elements;  // array, set, push; map as key, value, key, value
};

struct ValueLimits {
  std::size_t depth_max = 16;
  std::size_t bytes_max = std::size_t{128} << 20;
  std::size_t elements_max = std::size_t{1} << 22;  // all levels together
};

// Where the first whole value of `input` ends: its length in bytes; nothing if more bytes are needed; an
// error if they are no RESP. Does not look inside bulk strings and allocates nothing.
[[nodiscard]] Result<std::optional<std::size_t>> value_length(std::string_view input,
                                                              const ValueLimits& limits = {});

// Is this one value, and nothing behind it?
[[nodiscard]] bool is_one_value(std::string_view input, const ValueLimits& limits = {});

// Reads a value that value_length() has measured.
[[nodiscard]] Result<Value> read_value(std::string_view bytes, const ValueLimits& limits = {});

}  // namespace limpet::resp
