// Small files that are read whole at the start and on SIGHUP: the cluster file and secrets.
#pragma once

#include <cstddef>
#include <limpet/base/result.hpp>
#include <string>

namespace limpet::limpetd {

// Error: it cannot be read or is larger than `bytes_max`; the text says why and starts with the path.
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t bytes_max);

struct Secret {
  std::string text;
  std::string warning;  // empty, or why the file should be protected better
};

// The file's only line. Error: not readable, empty, or more than one line.
[[nodiscard]] Result<Secret> read_secret(const std::string& path);

}  // namespace limpet::limpetd
