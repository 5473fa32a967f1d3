// Faults: what is wrong with a cluster file, and where.
//
// Readers report and go on, so that they need no error paths; what counts in the end is the fault that stands
// first in the file, as that is the one to mend first.
#pragma once

#include <compare>
#include <limpet/base/result.hpp>
#include <string>
#include <string_view>
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
  void add(Position at, std::string text);
  [[nodiscard]] bool none() const { return text_.empty(); }
  // "FILE:LINE:COLUMN: what is wrong". REQUIRES: !none().
  [[nodiscard]] Error first(std::string_view file) const;

 private:
  Position at_;
  std::string text_;
};

// What `word` was probably meant to be, or nothing.
[[nodiscard]] std::string_view nearest(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace limpet::cluster
