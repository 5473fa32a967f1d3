#include "haproxy_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limpet/base/encoding.hpp>

namespace limpet::client {

namespace {

// What the file calls down is there all the same: once it is up again, a reload of HAProxy is enough.
std::string server_line(const cluster::Node& node, bool by_http) {
  std::string line = fmt::format("    server {} {}", node.name, node.client.text());
  if (by_http && node.admin->host != node.client.host) line += " addr " + node.admin->host;
  if (by_http) line += fmt::format(" port {}", node.admin->port);
  if (node.state == cluster::NodeState::down) line += " disabled";
  return line + '\n';
}

}  // namespace

std::string haproxy_text(const cluster::View& view, const std::string& file) {
  const bool by_http = std::all_of(view.nodes.begin(), view.nodes.end(),
                                   [](const cluster::Node& node) { return node.admin.has_value(); });
  std::string text = fmt::format(
      "# Made by `limpet haproxy` of {}, cluster {}, epoch {}: make it anew when the nodes change.\n"
      "backend limpet\n"
      "    mode tcp\n"
      "    # Connections live long, so the node with the fewest takes the next.\n"
      "    balance leastconn\n",
      escaped(file), view.name, view.epoch);
  if (by_http) {
    text +=
        "    # The admin port knows whether a node is ready. 404 is one that gives its slots away: clients "
        "that "
        "are\n"
        "    # there may stay, new ones go elsewhere.\n"
        "    option httpchk GET /drainz\n"
        "    http-check disable-on-404\n";
  } else {
    text +=
        "    # Not every node has an `admin` address, which would tell of a drain as well: PING it is.\n"
        "    option redis-check\n";
  }
  text += "    default-server check inter 1s fall 2 rise 2 on-marked-down shutdown-sessions\n";
  for (const cluster::Node& node : view.nodes) text += server_line(node, by_http);
  return text;
}

}  // namespace limpet::client
