// Reads the syntax of a row, "key value [NX|XX] [EX seconds|PX milliseconds]", into the tree of arguments
// that COMMAND DOCS shows. So a row states its arguments once, in the form that people read.
//
//     word        a value; TOKEN  a fixed word; TOKEN word ...  a value (or several) behind a fixed word
//     [x]         may be left out; x|y  one of them
//     x [x ...]   one or more
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace limpet::command {

struct Argument {
  std::string name;
  std::string_view
      type;  // "key", "string", "integer", "unix-time", "pattern", "pure-token", "oneof", "block"
  std::string_view token;  // the fixed word in front of it, or that it is; empty: none
  bool optional = false;
  bool multiple = false;
  std::vector<Argument> arguments;  // of "oneof" and "block"
};

// REQUIRES: brackets are balanced; a test holds the table to that.
[[nodiscard]] std::vector<Argument> parse_syntax(std::string_view syntax);

}  // namespace limpet::command
