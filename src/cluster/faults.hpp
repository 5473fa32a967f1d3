// Faults: what is wrong with a cluster file, and where.
//
// Readers report and go on, so that they need no error paths; what counts in the end is the fault that stands
// first in the file, as that is the one to mend first.
#pragma once

#include <compare>
#include <limpet/base/result.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet::cluster {

// In the file, from 1. The default stands for the file as a whole.
struct Position {
  int line = 1;
  int column = 1;

  friend auto operator<=>(const Position&, const Position&) = default;
};

class Faults {
 public:
  void add(Position at, std::string text) { keep_first(wrong_, at, std::move(text)); }
  // Something that should stand at `at`, or below it, does not.
  void add_missing(Position at, std::string text) { keep_first(missing_, at, std::move(text)); }
  [[nodiscard]] bool none() const { return wrong_.text.empty() && missing_.text.empty(); }
  // "FILE:LINE:COLUMN: what is wrong". REQUIRES: !none().
  [[nodiscard]] Error first(std::string_view file) const;

 private:
  struct Fault {
    Position at;
    std::string text;  // empty: there is none
  };
  static void keep_first(Fault& fault, Position at, std::string text);

  Fault wrong_;
  Fault missing_;
};

// What `word` was probably meant to be, or nothing.
[[nodiscard]] std::string_view nearest(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace limpet::cluster
