// A name of one's own that means this host alone: Debian gives 127.0.1.1 to the host's name in /etc/hosts,
// and whoever binds that is reached by nobody else.
#pragma once

#include <spdlog/spdlog.h>

#include <limpet/cluster/view.hpp>
#include <string>

namespace limpet::node {

// What to warn of, where `address` was bound at `local`, which is of loopback; empty: nothing, as that is
// what it says.
[[nodiscard]] std::string loopback_warning(const std::string& key, const cluster::Address& address,
                                           const std::string& local);

// `bound`: a Listener or an Admin.
template <class Bound>
void warn_if_loopback(const std::string& key, const cluster::Address& address, const Bound& bound) {
  const std::string why = bound.on_loopback() ? loopback_warning(key, address, bound.local()) : "";
  if (!why.empty()) spdlog::warn("{}", why);
}

}  // namespace limpet::node
