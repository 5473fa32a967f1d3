#include <spdlog/spdlog.h>

#include <limpet/node/admin.hpp>
#include <utility>

#include "admin_server.hpp"

namespace limpet::node {
namespace {

constexpr const char* kPrometheus = "text/plain; version=0.0.4; charset=utf-8";
constexpr const char* kJson = "application/json";

constexpr const char* kIndex =
    "limpet\n"
    "\n"
    "/livez    200 while the process runs\n"
    "/readyz   200 when clients are answered, or 503 and why not\n"
    "/drainz   the same, but 404 while the node gives its slots away: clients that are there may stay, new "
    "ones should not come\n"
    "/metrics  counters and gauges, for Prometheus\n"
    "/status   the node, its cluster and its shards, as JSON\n";

AdminReply tell_health(const Health& health, bool drains) {
  if (drains && health.leaving) return {404, kPlain, "not ready: " + health.reason + "\n"};
  if (!health.ready) return {503, kPlain, "not ready: " + health.reason + "\n"};
  return {200, kPlain, health.reason.empty() ? "ok\n" : "ok; but " + health.reason + "\n"};
}

AdminPages pages_of(AdminSource source) {
  AdminPages pages;
  pages.at_once = [health = std::move(source.health)](const std::string& path) -> std::optional<AdminReply> {
    if (path == "/") return AdminReply{200, kPlain, kIndex};
    if (path == "/livez") return AdminReply{200, kPlain, "ok\n"};
    if (path == "/readyz") return tell_health(health(), false);
    if (path == "/drainz") return tell_health(health(), true);
    return std::nullopt;
  };
  pages.is_made = [](const std::string& path) { return path == "/metrics" || path == "/status"; };
  pages.make = [snapshot = std::move(source.snapshot)](const std::string& path) -> AdminReply {
    if (path == "/metrics") return {200, kPrometheus, metrics_text(snapshot())};
    return {200, kJson, status_json(snapshot())};
  };
  pages.trouble = [](const std::string& what) { spdlog::error("HTTP: {}", what); };
  return pages;
}

}  // namespace

class Admin::Impl {
 public:
  std::unique_ptr<AdminServer> server;
};

Admin::Admin(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Admin::~Admin() = default;

std::uint16_t Admin::port() const {
  const std::string at = local();
  return static_cast<std::uint16_t>(std::stoi(at.substr(at.rfind(':') + 1)));
}

std::string Admin::local() const { return impl_->server->local(); }
bool Admin::on_loopback() const { return impl_->server->on_loopback(); }

Result<std::unique_ptr<Admin>> Admin::start(const cluster::Address& address, AdminSource source) {
  auto server = AdminServer::start(address.host, address.port, pages_of(std::move(source)));
  if (!server) {
    return fail(server.error().code, "cannot listen for HTTP on " + server.error().text +
                                         "; change --admin, or admin of this [[node]] in the cluster file");
  }
  auto impl = std::make_unique<Impl>();
  impl->server = std::move(*server);
  return std::unique_ptr<Admin>(new Admin(std::move(impl)));
}

}  // namespace limpet::node
