#include <algorithm>
#include <limpet/clients/client.hpp>

namespace limpet::clients {

bool valid_client_name(std::string_view name) {
  return name.size() <= kClientNameBytesMax &&
         std::all_of(name.begin(), name.end(), [](char c) { return c >= '!' && c <= '~'; });
}

}  // namespace limpet::clients
