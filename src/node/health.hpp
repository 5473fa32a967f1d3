// What becomes of a node's clients by its place in the cluster: whether a load balancer should send it any.
#pragma once

#include <limpet/cluster/view.hpp>
#include <limpet/node/admin.hpp>
#include <limpet/links/company.hpp>
#include <optional>

namespace limpet::node {

// Why it should get no clients; nothing: it may.
[[nodiscard]] std::optional<Health> health_in_cluster(const cluster::Node& me, links::Contact contact);

// `health`, and that it leaves, if it is ready but its file wants it to hold nothing: it serves as any other.
[[nodiscard]] Health with_file(const cluster::Node& me, Health health);

}  // namespace limpet::node
