#include "input_lines.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace limpet::client {

namespace {
constexpr std::size_t kReadBytes = std::size_t{64} << 10;
}

InputLines::Fill InputLines::fill(bool wait) {
  if (!wait) {
    pollfd ready{.fd = descriptor_, .events = POLLIN, .revents = 0};
    if (poll(&ready, 1, 0) == 0) return Fill::nothing_yet;
  }
  while (true) {
    const ssize_t count = read(descriptor_, bytes_.reserve(kReadBytes), kReadBytes);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Fill::failed;
    if (count == 0) return Fill::end;
    bytes_.commit(static_cast<std::size_t>(count));
    return Fill::more;
  }
}

InputLines::Got InputLines::next(std::string_view& line, bool wait) {
  bytes_.consume(taken_);
  taken_ = 0;
  while (true) {
    const std::size_t newline = bytes_.view().find('\n', searched_);
    if (newline != std::string_view::npos) {
      line = bytes_.view().substr(0, newline);
      taken_ = newline + 1;
      searched_ = 0;
      return Got::line;
    }
    searched_ = bytes_.size();
    if (bytes_.size() > line_max_) return Got::too_long;
    if (!ended_) {
      const Fill filled = fill(wait);
      if (filled == Fill::nothing_yet) return Got::nothing_yet;
      if (filled == Fill::failed) return Got::too_long;
      if (filled == Fill::more) continue;
      ended_ = true;
    }
    if (bytes_.empty()) return Got::end;
    line = bytes_.view();
    taken_ = bytes_.size();
    searched_ = 0;
    return Got::line;
  }
}

}  // namespace limpet::client
