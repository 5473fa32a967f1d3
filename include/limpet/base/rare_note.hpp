// RareNote: a line of the log that strangers and clients could bring about as often as they like. One in a
// while is written, and says how many were left out.
#pragma once

#include <cstdint>
#include <limpet/base/time.hpp>
#include <optional>
#include <string>
#include <utility>

namespace limpet {

class RareNote {
 public:
  explicit RareNote(std::int64_t every_ms) : every_ms_(every_ms) {}

  // The line as it is to be written; nothing if the last one was a moment ago.
  [[nodiscard]] std::optional<std::string> take(std::string text, Now now) {
    if (noted_ms_ && now.steady_ms - *noted_ms_ < every_ms_) {
      ++left_out_;
      return std::nullopt;
    }
    noted_ms_ = now.steady_ms;
    if (const std::size_t more = std::exchange(left_out_, 0); more > 0)
      text += " (and " + std::to_string(more) + " others before)";
    return text;
  }

 private:
  std::int64_t every_ms_;
  std::optional<std::int64_t> noted_ms_;  // steady
  std::size_t left_out_ = 0;
};

}  // namespace limpet
