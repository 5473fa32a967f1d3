// Calls of the operating system that every file of this room makes, with the words for their failures.
#pragma once

#include <limpet/base/result.hpp>
#include <string>
#include <string_view>

namespace limpet::disk {

// "PATH: WHAT: why", by errno as it is now.
[[nodiscard]] tl::unexpected<Error> io_error(const std::string& path, const std::string& what);
// Writes all of it, however many calls that takes. `path` is for the error.
[[nodiscard]] Result<void> write_whole(int fd, std::string_view bytes, const std::string& path);

}  // namespace limpet::disk
