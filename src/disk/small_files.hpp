// The small files of a data directory: their names, and how their lines are read.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace limpet::disk {

inline constexpr const char* kIdentityName = "limpet.id";
inline constexpr std::string_view kIdentityTitle = "limpet data directory\n";
inline constexpr unsigned kDirectoryFormat = 1;

// The value of a line "NAME VALUE", or nothing.
inline std::string line_of(std::string_view text, std::string_view name) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    if (line.starts_with(name) && line.size() > name.size() && line[name.size()] == ' ') {
      return std::string(line.substr(name.size() + 1));
    }
    at = end + 1;
  }
  return {};
}

}  // namespace limpet::disk
