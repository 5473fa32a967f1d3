#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <limpet/base/limits.hpp>
#include <limpet/cluster/view.hpp>
#include <limpet/net/listener.hpp>
#include <limpet/net/resolver.hpp>

#include "sockets.hpp"

namespace limpet::net {

using asio::ip::tcp;
using Unix = asio::local::stream_protocol;

namespace {

std::string error_text(int number) { return std::generic_category().message(number); }

// Over loopback, in whatever form a socket for both IPv4 and IPv6 shows it; or from the very address that it
// connected to.
bool is_of_this_host(const asio::ip::address& remote, const asio::ip::address& local) {
  return remote == local || cluster::is_loopback(remote.to_string());
}

// The file of a Unix socket, removed when its listener goes if it is still the same one.
class SocketFile {
 public:
  explicit SocketFile(std::string path) : path_(std::move(path)) {
    if (!path_.empty()) (void)::stat(path_.c_str(), &made_);
  }
  ~SocketFile() { remove(); }
  SocketFile(const SocketFile&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;

  void remove() {
    struct stat now {};
    if (path_.empty() || ::stat(path_.c_str(), &now) != 0) return;
    if (now.st_dev == made_.st_dev && now.st_ino == made_.st_ino) (void)::unlink(path_.c_str());
    path_.clear();
  }

 private:
  std::string path_;
  struct stat made_ {};
};

}  // namespace

class Listener::Impl {
 public:
  // `path`: of a Unix socket; empty for TCP.
  Impl(asio::io_context& io, int listening, std::string path)
      : listening_(io, listening), retry_(io), path_(path), file_(std::move(path)) {}

  void start(Accepted accepted, Trouble trouble) {
    accepted_ = std::move(accepted);
    trouble_ = std::move(trouble);
    wait();
  }
  void stop() {
    std::error_code ignored;
    listening_.close(ignored);
    retry_.cancel();
    file_.remove();
  }
  // Nothing of a Unix socket's.
  [[nodiscard]] tcp::endpoint local() {
    tcp::endpoint endpoint;
    socklen_t size = static_cast<socklen_t>(endpoint.capacity());
    if (is_unix() || ::getsockname(listening_.native_handle(), endpoint.data(), &size) != 0) return {};
    return endpoint;
  }
  [[nodiscard]] bool is_unix() const { return !path_.empty(); }

 private:
  void wait() {
    listening_.async_wait(asio::posix::stream_descriptor::wait_read, [this](const std::error_code& error) {
      if (error || !listening_.is_open()) return;
      accept_some() ? wait() : wait_a_moment();
    });
  }
  void wait_a_moment() {
    retry_.expires_after(std::chrono::milliseconds(kAcceptRetryMs));
    retry_.async_wait([this](const std::error_code& cancelled) {
      if (!cancelled && listening_.is_open()) wait();
    });
  }
  // False if that has to wait.
  bool accept_some() {
    for (int count = 0; count < kAcceptsInOneGo; ++count) {
      tcp::endpoint remote;
      socklen_t size = static_cast<socklen_t>(remote.capacity());
      const int socket =
          ::accept4(listening_.native_handle(), remote.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (socket >= 0) {
        hand_on(Descriptor(socket), remote);
        continue;
      }
      if (errno == EAGAIN || errno == EWOULDBLOCK) return true;
      // A connection that was gone before it was taken is no trouble; running out of descriptors is.
      if (errno == EINTR || errno == ECONNABORTED) continue;
      complain(error_text(errno));
      return false;
    }
    return true;
  }
  void hand_on(Descriptor socket, const tcp::endpoint& remote) {
    Connection connection;
    if (is_unix()) {
      connection.remote = connection.local = path_ + ":0";
      connection.of_this_host = true;
    } else {
      tcp::endpoint local;
      socklen_t size = static_cast<socklen_t>(local.capacity());
      if (::getsockname(socket.get(), local.data(), &size) != 0) return;
      connection.remote = text_of(remote);
      connection.local = text_of(local);
      connection.of_this_host = is_of_this_host(remote.address(), local.address());
    }
    connection.descriptor = std::move(socket);
    accepted_(std::move(connection));
  }
  void complain(const std::string& what) {
    const auto now = std::chrono::steady_clock::now();
    if (now - complained_ < std::chrono::seconds(1)) return;
    complained_ = now;
    trouble_("cannot accept connections: " + what + "; trying again");
  }

  asio::posix::stream_descriptor listening_;
  asio::steady_timer retry_;
  std::string path_;
  SocketFile file_;
  Accepted accepted_;
  Trouble trouble_;
  std::chrono::steady_clock::time_point complained_{};
};

Result<std::unique_ptr<Listener>> Listener::bind(asio::io_context& io, const std::string& host,
                                                 std::uint16_t port) {
  const std::string where = host + ":" + std::to_string(port);
  const Result<Resolver::Addresses> found = Resolver().wait_for(host);
  if (!found) return fail(Code::bad_config, where + ": no such address: " + found.error().text);
  std::error_code error;
  for (const asio::ip::address& address : *found) {
    const tcp::endpoint endpoint(address, port);
    tcp::acceptor acceptor(io);
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(kListenBacklog, error);
    if (!error) acceptor.native_non_blocking(true, error);
    if (!error) return std::make_unique<Listener>(std::make_unique<Impl>(io, acceptor.release(), ""));
    // A name may have addresses of a family that this host has not got; one that is in use is what was meant.
    const bool not_here =
        error == std::errc::address_not_available || error == std::errc::address_family_not_supported;
    if (!not_here) break;
  }
  return fail(Code::io, where + ": " + error.message());
}

namespace {

// Makes way for a new socket at `path` if what stands there was left behind.
Result<void> clear_the_way(asio::io_context& io, const std::string& path) {
  struct stat there {};
  if (::lstat(path.c_str(), &there) != 0) {
    if (errno == ENOENT) return {};
    return fail(Code::io, path + ": " + error_text(errno));
  }
  if (!S_ISSOCK(there.st_mode)) return fail(Code::bad_config, path + ": there is a file that is no socket");
  std::error_code refused;
  Unix::socket probe(io);
  probe.connect(Unix::endpoint(path), refused);
  if (!refused) return fail(Code::io, path + ": somebody listens there already");
  if (refused != asio::error::connection_refused) return fail(Code::io, path + ": " + refused.message());
  if (::unlink(path.c_str()) != 0) return fail(Code::io, path + ": " + error_text(errno));
  return {};
}

}  // namespace

Result<std::unique_ptr<Listener>> Listener::bind_unix(asio::io_context& io, const std::string& path,
                                                      unsigned permissions) {
  if (path.size() > kSocketPathBytesMax) {
    return fail(Code::bad_config,
                path + ": a socket's path has at most " + std::to_string(kSocketPathBytesMax) + " bytes");
  }
  if (Result<void> clear = clear_the_way(io, path); !clear) return tl::unexpected(std::move(clear.error()));
  std::error_code error;
  Unix::acceptor acceptor(io);
  acceptor.open(Unix(), error);
  if (!error) acceptor.bind(Unix::endpoint(path), error);
  if (error) return fail(Code::io, path + ": " + error.message());
  // Before listen(), so that nobody gets in with the permissions that bind() gave it.
  if (::chmod(path.c_str(), permissions) != 0) return fail(Code::io, path + ": " + error_text(errno));
  acceptor.listen(kListenBacklog, error);
  if (!error) acceptor.native_non_blocking(true, error);
  if (error) return fail(Code::io, path + ": " + error.message());
  return std::make_unique<Listener>(std::make_unique<Impl>(io, acceptor.release(), path));
}

Listener::Listener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Listener::~Listener() = default;

void Listener::start(Accepted accepted, Trouble trouble) {
  impl_->start(std::move(accepted), std::move(trouble));
}
void Listener::stop() { impl_->stop(); }
std::string Listener::local() const { return text_of(impl_->local()); }
bool Listener::on_loopback() const {
  return impl_->is_unix() || cluster::is_loopback(impl_->local().address().to_string());
}

}  // namespace limpet::net
