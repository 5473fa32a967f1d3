// The small files of a data directory: their names, and how their lines are read.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limpet/base/number.hpp>
#include <limpet/base/result.hpp>
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

// What a file "generation N" says; `path` is for the error.
inline Result<std::uint64_t> generation_of(std::string_view text, const std::string& path) {
  const auto generation = parse_uint64(line_of(text, "generation"));
  if (!generation) return fail(Code::io, path + ": names no generation: restore a copy of it");
  return *generation;
}

}  // namespace limpet::disk
