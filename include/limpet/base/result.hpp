// Result: a value, or an Error that says what went wrong in words an operator can act on.
//
// Three kinds of wrong have three tools in limpet. A client's mistake is a reply (resp), the world failing is
// a Result (here), and a mistake of ours is a LIMPET_ASSERT (assert.hpp). Nothing throws across a room's
// border.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace limpet {

// What the caller should do about an error.
enum class Code {
  bad_input,    // change what was given: bytes, a value, an argument
  bad_config,   // change the configuration; the text names file, line and column
  not_found,    // what was named is not there
  unavailable,  // the other side cannot be reached; try again later
  refused,      // allowed to nobody, or not to this caller
  full,         // make room; nothing has been changed
  io,           // the operating system said no; the text holds its words
};

struct Error {
  Code code;
  std::string text;
};

template <class T>
using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> fail(Code code, std::string text) {
  return tl::unexpected<Error>(Error{code, std::move(text)});
}

}  // namespace limpet
