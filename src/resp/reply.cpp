#include <array>
#include <limpet/base/limits.hpp>
#include <limpet/base/text.hpp>
#include <limpet/resp/reply.hpp>

namespace limpet::resp {

void ReplyWriter::simple(std::string_view text) {
  char* at = out_.extend(text.size() + 3);
  *at++ = '+';
  if (!text.empty()) std::memcpy(at, text.data(), text.size());
  write_crlf(at + text.size());
}

void ReplyWriter::error(std::string_view text) {
  out_.push_back('-');
  out_.append(printable(text, kErrorTextMax));
  out_.append("\r\n");
}

void ReplyWriter::bulk_integer(std::int64_t value) {
  std::array<char, kIntegerCharsMax> digits;
  bulk({digits.data(), static_cast<std::size_t>(write_integer(digits.data(), value) - digits.data())});
}

void ReplyWriter::verbatim(std::string_view text) {
  if (!resp3()) return bulk(text);
  constexpr std::string_view kFormat = "txt:";
  number('=', static_cast<std::int64_t>(kFormat.size() + text.size()));
  out_.append(kFormat);
  out_.append(text);
  out_.append("\r\n");
}

void ReplyWriter::boolean(bool value) {
  if (resp3()) {
    out_.append(value ? "#t\r\n" : "#f\r\n");
  } else {
    out_.append(value ? ":1\r\n" : ":0\r\n");
  }
}

void ReplyWriter::map(std::size_t pairs) {
  if (resp3()) {
    number('%', static_cast<std::int64_t>(pairs));
  } else {
    array(pairs * 2);
  }
}

}  // namespace limpet::resp
