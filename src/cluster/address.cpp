#include <algorithm>
#include <limpet/base/number.hpp>
#include <limpet/base/text.hpp>
#include <limpet/cluster/view.hpp>
#include <utility>

namespace limpet::cluster {

namespace {

constexpr std::size_t kHostBytesMax = 253;  // of DNS
constexpr std::uint64_t kPortMax = 65535;

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return to_lower(c) >= 'a' && to_lower(c) <= 'z'; }
constexpr bool is_hex(char c) { return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f'); }

bool is_host_name(std::string_view host) {
  return std::all_of(host.begin(), host.end(),
                     [](char c) { return is_letter(c) || is_digit(c) || c == '.' || c == '-' || c == '_'; });
}

// Hexadecimal groups, an IPv4 tail, and an interface behind '%'. Whether it is an address at all is for the
// operating system to say.
bool is_ipv6(std::string_view host) {
  const std::string_view number = host.substr(0, host.find('%'));
  const std::string_view interface = number.size() == host.size() ? "-" : host.substr(number.size() + 1);
  return std::count(number.begin(), number.end(), ':') >= 2 && !interface.empty() &&
         is_host_name(interface) &&
         std::all_of(number.begin(), number.end(), [](char c) { return is_hex(c) || c == ':' || c == '.'; });
}

tl::unexpected<Error> bad_address(std::string_view text, const std::string& what) {
  return fail(Code::bad_input, "'" + printable(text) + "' " + what);
}

// Host and port of "host:port" or "[host]:port", as they stand there.
Result<std::pair<std::string_view, std::string_view>> split(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t close = text.find("]:");
    if (close == std::string_view::npos) {
      return bad_address(text, "is no address; an IPv6 one looks like [::1]:7601");
    }
    return std::pair{text.substr(1, close - 1), text.substr(close + 2)};
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    return bad_address(text, "has no port; write HOST:PORT, as in 127.0.0.1:7601");
  }
  if (text.find(':', colon + 1) != std::string_view::npos) {
    return bad_address(text, "has more than one colon; an IPv6 host stands in brackets, as in [::1]:7601");
  }
  return std::pair{text.substr(0, colon), text.substr(colon + 1)};
}

}  // namespace

std::string Address::text() const {
  const bool is_bracketed = host.find(':') != std::string::npos;
  return (is_bracketed ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

Result<Address> parse_address(std::string_view text) {
  const auto parts = split(text);
  if (!parts) return tl::unexpected<Error>(parts.error());
  const auto& [host, port_text] = *parts;
  if (host.empty()) return bad_address(text, "has no host; write HOST:PORT, as in 127.0.0.1:7601");
  const bool is_good_host = text.starts_with('[') ? is_ipv6(host) : is_host_name(host);
  if (!is_good_host || host.size() > kHostBytesMax) {
    return bad_address(text, "has no valid host; write a name or an IP address, as in 127.0.0.1:7601");
  }
  const std::optional<std::uint64_t> port = parse_uint64(port_text);
  if (!port || *port == 0 || *port > kPortMax) {
    return bad_address(text, "has no valid port; write a number from 1 to 65535");
  }
  return Address{std::string(host), static_cast<std::uint16_t>(*port)};
}

}  // namespace limpet::cluster
