// Printing of replies: Value -> text. Pure.
//
//   raw     as they are, one element a line: for other programs
//   pretty  "quoted", (integer) 1, numbered elements: for people, as redis-cli shows them
//
// Every text ends in a newline.
#pragma once

#include <cstdint>
#include <limpet/resp/value.hpp>
#include <string>
#include <string_view>

namespace limpet::client {

enum class Look : std::uint8_t { raw, pretty };

[[nodiscard]] std::string print(const resp::Value& value, Look look);

// A string in double quotes that split_words() reads back: what is not printable ASCII becomes an escape.
[[nodiscard]] std::string in_quotes(std::string_view bytes);

}  // namespace limpet::client
