// Small files that are read whole at the start and on SIGHUP: the cluster file and secrets.
#pragma once

#include <cstddef>
#include <limpet/base/result.hpp>
#include <limpet/base/secret_text.hpp>
#include <string>

namespace limpet::limpetd {

// Error: it cannot be read or is larger than `bytes_max`; the text says why and starts with the path.
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t bytes_max);

// What a file of secrets holds (base/secret_text.hpp), with a warning if others can read it.
[[nodiscard]] Result<SecretText> read_secrets(const std::string& path);

}  // namespace limpet::limpetd
