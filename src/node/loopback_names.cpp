#include "loopback_names.hpp"

#include <asio/ip/address.hpp>
#include <limpet/base/text.hpp>
#include <system_error>

namespace limpet::node {

namespace {

bool says_loopback(const std::string& host) {
  std::error_code no_literal;
  (void)asio::ip::make_address(host, no_literal);
  const std::string name = to_lower(host);
  return !no_literal || name == "localhost" || name.ends_with(".localhost");
}

}  // namespace

std::string loopback_warning(const std::string& key, const cluster::Address& address,
                             const std::string& local) {
  if (says_loopback(address.host)) return {};
  return key + " " + address.text() + " is " + local +
         " here, a loopback address: no other host can come there. Write the address that others see, or "
         "take " +
         address.host + " out of the line of that address in /etc/hosts";
}

}  // namespace limpet::node
