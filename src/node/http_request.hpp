// HttpRequest: the head of a request to the admin address, and what is not taken there.
//
// HTTP/1.0 and 1.1, one GET or HEAD without a body for each connection. Whatever else HTTP offers is refused
// (bodies, Expect) or not looked at (ranges, encodings, keep-alive). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace limpet::node {

struct HttpRequest {
  enum class State : std::uint8_t {
    partial,  // more is to come
    whole,
    refused,  // with `status`
  };
  State state = State::partial;
  bool head = false;  // HEAD: the answer has no body
  std::string path;   // without what stands behind a '?'
  int status = 0;
  std::string why;
};

// Of all bytes that have come so far. More than kAdminRequestBytesMax are refused.
[[nodiscard]] HttpRequest read_http_request(std::string_view bytes);

// "404 Not Found"
[[nodiscard]] std::string_view status_line(int status);

}  // namespace limpet::node
