#include "doorman.hpp"

#include <spdlog/spdlog.h>

#include <asio/post.hpp>
#include <string>
#include <utility>

#include "loopback_names.hpp"

namespace limpet::node {

namespace {

void log_trouble(const std::string& what) { spdlog::error("{}", what); }

// What to do about it depends on where the address is from.
tl::unexpected<Error> in_use(const Settings& settings, const Error& error, const std::string& key,
                             const std::string& flag) {
  const std::string fix =
      settings.config_file.empty()
          ? "choose another address with " + flag
          : "choose another `" + key + "` for node " + settings.me().name + " in " + settings.config_file;
  return fail(error.code,
              "cannot listen on " + error.text + ". Is another limpetd running? Stop it, or " + fix);
}

}  // namespace

Result<void> Doorman::bind(const Settings& settings) {
  if (Result<void> bound = bind_clients(settings); !bound) return bound;
  if (Result<void> bound = bind_peers(settings); !bound) return bound;
  set_rules(rules_of(settings));
  if (protects()) {
    spdlog::warn(
        "protected mode: {} is open to other hosts and there is no password, so only clients of this host "
        "are served; set a password file, or protected_mode = \"no\"",
        settings.me().client.text());
  }
  return {};
}

Result<void> Doorman::bind_clients(const Settings& settings) {
  const cluster::Address& address = settings.me().client;
  auto clients = net::Listener::bind(io_, address.host, address.port);
  if (!clients) return in_use(settings, clients.error(), "client", "--listen");
  clients_ = std::move(*clients);
  warn_if_loopback("client", address, *clients_);
  if (settings.socket.empty()) return {};
  auto local = net::Listener::bind_unix(io_, settings.socket, settings.socket_mode);
  if (!local) {
    return fail(local.error().code, "cannot listen on " + local.error().text +
                                        ". Choose another path with --socket, or remove the file");
  }
  local_clients_ = std::move(*local);
  return {};
}

Result<void> Doorman::bind_peers(const Settings& settings) {
  const auto& address = settings.me().peer;
  if (!address) return {};
  auto peers = net::Listener::bind(io_, address->host, address->port);
  if (!peers) return in_use(settings, peers.error(), "peer", "--config");
  peers_ = std::move(*peers);
  warn_if_loopback("peer", *address, *peers_);
  return {};
}

void Doorman::set_rules(const Rules& rules) {
  max_clients_ = rules.max_clients;
  protects_ = rules.protect && !clients_->on_loopback();
}

void Doorman::open(Admitted client, Admitted peer) {
  client_ = std::move(client);
  peer_ = std::move(peer);
  const auto accepted = [this](net::Connection connection) { take_client(std::move(connection)); };
  clients_->start(accepted, log_trouble);
  if (local_clients_) local_clients_->start(accepted, log_trouble);
  if (peers_) {
    const auto take_peer = [this](net::Connection connection) {
      next_peer_ = (next_peer_ + 1) % shards_;
      peer_(next_peer_, std::make_shared<net::Connection>(std::move(connection)));
    };
    peers_->start(take_peer, log_trouble);
  }
  thread_ = std::thread([this] { io_.run(); });
}

void Doorman::take_client(net::Connection connection) {
  if (protects_ && !connection.of_this_host) {
    ++rejected_;
    net::refuse(
        std::move(connection),
        "-DENIED limpetd runs in protected mode: it has no password and takes clients of its own host "
        "alone. Set a password file, or protected_mode = \"no\" in the [server] table.\r\n");
    return;
  }
  if (clients_inside_.fetch_add(1, std::memory_order_relaxed) >= max_clients_) {
    clients_inside_.fetch_sub(1, std::memory_order_relaxed);
    ++rejected_;
    net::refuse(std::move(connection), "-ERR max number of clients reached\r\n");
    return;
  }
  next_client_ = (next_client_ + 1) % shards_;
  client_(next_client_, std::make_shared<net::Connection>(std::move(connection)));
}

bool Doorman::close() {
  if (!thread_.joinable()) return false;
  asio::post(io_, [this] {
    clients_->stop();
    if (local_clients_) local_clients_->stop();
    if (peers_) peers_->stop();
  });
  thread_.join();
  return true;
}

}  // namespace limpet::node
