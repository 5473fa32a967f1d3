// Calls of the operating system that every file of this room makes, with the words for their failures.
#pragma once

#include <cstdint>
#include <limpet/base/result.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace limpet::disk {

// "PATH: WHAT: why", by errno as it is now.
[[nodiscard]] tl::unexpected<Error> io_error(const std::string& path, const std::string& what);
[[nodiscard]] bool is_full(int error);
// On the disk of this file, for whoever is not root; nothing: nobody knows.
[[nodiscard]] std::optional<std::uint64_t> room_of(int fd);
// Writes all of it, however many calls that takes. `path` is for the error; Code::full: some of it may
// have been.
[[nodiscard]] Result<void> write_whole(int fd, std::string_view bytes, const std::string& path);
// From when it returns the names in this folder are on the disk.
[[nodiscard]] Result<void> sync_folder(const std::string& path);

}  // namespace limpet::disk
