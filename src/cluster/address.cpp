#include <algorithm>
#include <limpet/base/number.hpp>
#include <limpet/base/text.hpp>
#include <limpet/cluster/view.hpp>
#include <utility>
#include <vector>

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

constexpr std::size_t kGroups = 8;

bool is_loopback_v4(std::string_view host) {
  return host.starts_with("127.") &&
         std::all_of(host.begin(), host.end(), [](char c) { return is_digit(c) || c == '.'; });
}

// The groups of one side of "::"; an IPv4 tail is left to the caller. False: this is no such text.
bool take_groups(std::string_view text, std::vector<std::uint32_t>& groups) {
  while (!text.empty()) {
    const std::string_view group = text.substr(0, text.find(':'));
    if (group.empty() || group.size() > 4 || !std::all_of(group.begin(), group.end(), is_hex)) return false;
    std::uint32_t value = 0;
    for (const char c : group)
      value = value * 16 + static_cast<std::uint32_t>(is_digit(c) ? c - '0' : to_lower(c) - 'a' + 10);
    groups.push_back(value);
    text.remove_prefix(std::min(group.size() + 1, text.size()));
  }
  return groups.size() <= kGroups;
}

bool is_loopback_v6(std::string_view host) {
  host = host.substr(0, host.find('%'));
  const std::size_t gap = host.find("::");
  std::vector<std::uint32_t> head;
  std::vector<std::uint32_t> tail;
  const std::string_view behind = gap == std::string_view::npos ? std::string_view() : host.substr(gap + 2);
  if (!take_groups(host.substr(0, gap), head) || !take_groups(behind, tail)) return false;
  if (gap == std::string_view::npos ? head.size() != kGroups : head.size() + tail.size() >= kGroups)
    return false;
  head.resize(kGroups - tail.size());
  head.insert(head.end(), tail.begin(), tail.end());
  const bool zeros =
      std::all_of(head.begin(), head.begin() + 5, [](std::uint32_t group) { return group == 0; });
  return zeros &&
         ((head[5] == 0xffff && head[6] >> 8U == 127) || (head[5] == 0 && head[6] == 0 && head[7] == 1));
}

}  // namespace

bool is_loopback(const std::string& host) {
  std::string_view name = host;
  if (name.find(':') != std::string_view::npos) {
    const std::size_t last = name.rfind(':');
    const std::string_view mapped = name.substr(last + 1);
    if (mapped.find('.') == std::string_view::npos) return is_loopback_v6(name);
    // An IPv4 address behind ::ffff: in whatever form that is written.
    return is_loopback_v4(mapped) && is_loopback_v6(std::string(name.substr(0, last + 1)) + "7f00:1");
  }
  if (name.ends_with('.')) name.remove_suffix(1);
  const std::string lower = to_lower(name);
  return is_loopback_v4(lower) || lower == "localhost" || lower.ends_with(".localhost") ||
         lower == "ip6-localhost";
}

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
