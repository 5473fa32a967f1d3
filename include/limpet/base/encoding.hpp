// Text that people hand in. What is wrong with the bytes of a file that is to hold text: they are UTF-16,
// Latin-1, or no text at all.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace limpet {

struct EncodingFault {
  int line = 1;
  int column = 1;         // in bytes
  bool hopeless = false;  // no line of it can be read as it was meant
  std::string text;       // what it is, and what to do
};

// Some editors write it in front of UTF-8; it means nothing there.
inline constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// The first byte that keeps `text` from being UTF-8 without NUL bytes; nothing if it is that.
[[nodiscard]] std::optional<EncodingFault> find_encoding_fault(std::string_view text);

// Does a client begin to speak TLS here? Its first record, a handshake, says so in its first two bytes.
[[nodiscard]] inline bool begins_tls(std::string_view bytes) { return bytes.starts_with("\x16\x03"); }

// `text` as it may be shown on a terminal: control bytes, and bytes that are no UTF-8, become \r, \n, \t or
// \x1b. People hand in paths and names with anything in them, and a terminal obeys what it is sent.
[[nodiscard]] std::string escaped(std::string_view text);

}  // namespace limpet
