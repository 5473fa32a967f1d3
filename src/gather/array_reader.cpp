#include "array_reader.hpp"

#include <limpet/base/number.hpp>
#include <limpet/resp/value.hpp>

namespace limpet::gather {

ArrayReader::ArrayReader(std::string_view reply) {
  const std::size_t end = reply.find("\r\n");
  if (!reply.starts_with('*') || end == std::string_view::npos) return;
  left_ = parse_uint64(reply.substr(1, end - 1)).value_or(0);
  rest_ = reply.substr(end + 2);
}

std::string_view ArrayReader::next() {
  if (left_ == 0) return {};
  const auto length = resp::value_length(rest_);
  if (!length || !*length) {
    left_ = 0;
    return {};
  }
  const std::string_view element = rest_.substr(0, **length);
  rest_.remove_prefix(**length);
  --left_;
  return element;
}

std::string_view ArrayReader::next_text() {
  const std::string_view element = next();
  const std::size_t head = element.find("\r\n");
  if (head == std::string_view::npos) return {};
  if (element.front() == ':') return element.substr(1, head - 1);
  return element.substr(head + 2, element.size() - head - 4);
}

}  // namespace limpet::gather
