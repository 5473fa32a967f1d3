#include <algorithm>
#include <array>
#include <cstddef>
#include <limpet/base/encoding.hpp>

namespace limpet {

namespace {

constexpr std::string_view kSave = "; save the file as UTF-8";

unsigned char byte_at(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

bool continues(std::string_view text, std::size_t at) {
  return at < text.size() && (byte_at(text, at) & 0xc0U) == 0x80U;
}

// How many bytes the character at `at` has; 0: it is none.
std::size_t character_bytes(std::string_view text, std::size_t at) {
  const unsigned char first = byte_at(text, at);
  if (first < 0x80) return 1;
  const std::size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return 0;
  for (std::size_t i = 1; i < bytes; ++i) {
    if (!continues(text, at + i)) return 0;
  }
  const unsigned char second = byte_at(text, at + 1);
  // Longer than need be, halves of UTF-16 pairs, or behind the last character that there is.
  if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f)) return 0;
  if ((first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) return 0;
  return bytes;
}

EncodingFault fault_at(std::string_view text, std::size_t at, bool hopeless, std::string what) {
  const std::string_view before = text.substr(0, at);
  const std::size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
  return {.line = 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n')),
          .column = 1 + static_cast<int>(at - line_begin),
          .hopeless = hopeless,
          .text = std::move(what) + std::string(kSave)};
}

std::string hex(unsigned char byte) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  return {'0', 'x', kDigits[byte >> 4U], kDigits[byte & 15U]};
}

}  // namespace

std::optional<EncodingFault> find_encoding_fault(std::string_view text) {
  for (const std::string_view mark : {std::string_view("\xff\xfe"), std::string_view("\xfe\xff")}) {
    if (text.starts_with(mark)) return fault_at(text, 0, true, "this is UTF-16 by its first two bytes");
  }
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '\0') return fault_at(text, at, true, "a NUL byte: this is UTF-16, or no text");
    const std::size_t bytes = character_bytes(text, at);
    if (bytes == 0) {
      return fault_at(text, at, false,
                      "byte " + hex(byte_at(text, at)) + " is no UTF-8: this may be Latin-1");
    }
    at += bytes;
  }
  return std::nullopt;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t bytes = character_bytes(text, at);
    const unsigned char byte = byte_at(text, at);
    // U+0080 to U+009F command terminals, too.
    const bool commands =
        byte < 0x20 || byte == 0x7f || (byte == 0xc2 && bytes == 2 && byte_at(text, at + 1) < 0xa0);
    if (bytes > 0 && !commands) {
      out += text.substr(at, bytes);
      at += bytes;
      continue;
    }
    ++at;
    if (byte == '\r' || byte == '\n' || byte == '\t') {
      out += byte == '\r' ? "\\r" : byte == '\n' ? "\\n" : "\\t";
    } else {
      out += "\\" + hex(byte).substr(1);
    }
  }
  return out;
}

}  // namespace limpet
