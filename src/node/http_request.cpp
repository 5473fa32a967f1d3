#include "http_request.hpp"

#include <algorithm>
#include <limpet/base/limits.hpp>
#include <limpet/base/text.hpp>
#include <optional>

namespace limpet::node {

namespace {

constexpr std::string_view kTokenMarks = "!#$%&'*+-.^_`|~";

bool is_token(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    const char lower = to_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
           kTokenMarks.find(c) != std::string_view::npos;
  });
}

bool is_text(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < ' ' && c != '\t') || byte == 0x7f;
  });
}

HttpRequest refused(int status, std::string why) {
  HttpRequest request;
  request.state = HttpRequest::State::refused;
  request.status = status;
  request.why = std::move(why);
  return request;
}

HttpRequest no_http() { return refused(400, "this is an HTTP port, and that is no HTTP request"); }

// The next line without its end, taken off `bytes`; nothing: its end is not there yet.
std::optional<std::string_view> take_line(std::string_view& bytes) {
  const std::size_t end = bytes.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view line = bytes.substr(0, end);
  bytes.remove_prefix(end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// "/livez" of "/livez?x" and of "http://host/livez".
std::string_view path_of(std::string_view target) {
  constexpr std::string_view kScheme = "http://";
  if (target.starts_with(kScheme)) {
    target.remove_prefix(std::min(target.find('/', kScheme.size()), target.size()));
    if (target.empty()) target = "/";
  }
  return target.substr(0, target.find('?'));
}

HttpRequest read_first_line(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || last <= first + 1) return no_http();
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(method) || !is_text(line) || !version.starts_with("HTTP/")) return no_http();
  if (version != "HTTP/1.1" && version != "HTTP/1.0")
    return refused(505, "HTTP/1.0 and HTTP/1.1 are spoken here");
  if (method != "GET" && method != "HEAD") return refused(405, "only GET and HEAD are answered here");
  HttpRequest request;
  request.head = method == "HEAD";
  request.path = path_of(target);
  if (!request.path.starts_with('/') || request.path.find(' ') != std::string::npos)
    return refused(400, "the path of a request begins with /");
  return request;
}

// Nothing: it may stand there.
std::optional<HttpRequest> refuse_header(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon)) || !is_text(line))
    return refused(400, "that is no header of HTTP");
  const std::string name = to_lower(line.substr(0, colon));
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (name == "transfer-encoding" || (name == "content-length" && value != "0"))
    return refused(413, "a request here has no body");
  if (name == "expect") return refused(417, "nothing is expected here");
  return std::nullopt;
}

}  // namespace

HttpRequest read_http_request(std::string_view bytes) {
  std::string_view rest = bytes;
  const bool too_long = bytes.size() > kAdminRequestBytesMax;
  HttpRequest long_one =
      refused(431, "a request here has at most " + std::to_string(kAdminRequestBytesMax) + " bytes");
  while (rest.starts_with("\r\n")) rest.remove_prefix(2);  // as HTTP has it
  const std::string_view begun = rest;
  const std::optional<std::string_view> line = take_line(rest);
  if (!line) {
    // Another protocol is told so at once, as it may wait for an answer to what is no line.
    const std::string_view so_far = begun.ends_with('\r') ? begun.substr(0, begun.size() - 1) : begun;
    if (!is_text(so_far)) return no_http();
    return too_long ? long_one : HttpRequest();
  }
  HttpRequest request = read_first_line(*line);
  // One that is not taken at all is read to its end first, so that the answer arrives; what is no HTTP has
  // none.
  if (request.status == 400 || request.status == 505) return request;
  for (std::optional<HttpRequest> refusal;;) {
    const std::optional<std::string_view> header = take_line(rest);
    if (!header) return too_long ? long_one : HttpRequest();
    if (header->empty()) {
      if (request.state == HttpRequest::State::refused) return request;
      if (refusal) return *refusal;
      request.state = HttpRequest::State::whole;
      return request;
    }
    if (!refusal) refusal = refuse_header(*header);
  }
}

std::string_view status_line(int status) {
  switch (status) {
    case 200:
      return "200 OK";
    case 400:
      return "400 Bad Request";
    case 404:
      return "404 Not Found";
    case 405:
      return "405 Method Not Allowed";
    case 413:
      return "413 Content Too Large";
    case 417:
      return "417 Expectation Failed";
    case 431:
      return "431 Request Header Fields Too Large";
    case 503:
      return "503 Service Unavailable";
    case 505:
      return "505 HTTP Version Not Supported";
    default:
      return "500 Internal Server Error";
  }
}

}  // namespace limpet::node
