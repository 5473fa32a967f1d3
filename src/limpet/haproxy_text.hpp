// The backend of HAProxy that belongs to a cluster file. Pure.
#pragma once

#include <limpet/cluster/view.hpp>
#include <string>

namespace limpet::client {

// `file` is where it stands, for a comment.
[[nodiscard]] std::string haproxy_text(const cluster::View& view, const std::string& file);

}  // namespace limpet::client
