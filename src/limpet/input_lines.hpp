// InputLines: the lines of a file descriptor, one by one, without ever reading further than needed to hand
// out what is there. Owned and used by one thread; does not close the descriptor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limpet/base/bytes.hpp>
#include <string_view>

namespace limpet::client {

class InputLines {
 public:
  enum class Got : std::uint8_t {
    line,
    nothing_yet,  // and to wait was not asked for
    end,
    too_long,  // a line longer than the bound, or the descriptor cannot be read
  };

  InputLines(int descriptor, std::size_t line_max) : descriptor_(descriptor), line_max_(line_max) {}

  // The next line without its LF, valid until the next call. The last one may lack its LF.
  Got next(std::string_view& line, bool wait);

 private:
  enum class Fill : std::uint8_t { more, nothing_yet, end, failed };
  Fill fill(bool wait);

  int descriptor_;
  std::size_t line_max_;
  Bytes bytes_;
  std::size_t taken_ = 0;     // length of the line that was handed out, with its LF
  std::size_t searched_ = 0;  // no LF stands before here
  bool ended_ = false;
};

}  // namespace limpet::client
