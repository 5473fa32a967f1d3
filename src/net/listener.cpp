#include <asio/buffer.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <limpet/base/limits.hpp>
#include <limpet/net/listener.hpp>

namespace limpet::net {

using asio::ip::tcp;

class Listener::Impl {
 public:
  Impl(asio::io_context& io, tcp::acceptor bound) : acceptor(std::move(bound)), retry(io) {}

  void accept() {
    acceptor.async_accept(next(), [this](const std::error_code& error, tcp::socket socket) {
      if (!acceptor.is_open()) return;
      if (!error) {
        accepted(std::move(socket));
        accept();
        return;
      }
      // A connection that was gone before it was taken is no trouble; running out of descriptors is.
      if (error == asio::error::connection_aborted) return accept();
      complain(error.message());
      retry.expires_after(std::chrono::milliseconds(kAcceptRetryMs));
      retry.async_wait([this](const std::error_code& cancelled) {
        if (!cancelled && acceptor.is_open()) accept();
      });
    });
  }

  void complain(const std::string& what) {
    const auto now = std::chrono::steady_clock::now();
    if (now - complained < std::chrono::seconds(1)) return;
    complained = now;
    trouble("cannot accept connections: " + what + "; trying again");
  }

  tcp::acceptor acceptor;
  asio::steady_timer retry;
  Next next;
  Accepted accepted;
  Trouble trouble;
  std::chrono::steady_clock::time_point complained{};
};

Result<std::unique_ptr<Listener>> Listener::bind(asio::io_context& io, const std::string& host,
                                                 std::uint16_t port) {
  const std::string where = host + ":" + std::to_string(port);
  std::error_code error;
  tcp::resolver resolver(io);
  const auto found = resolver.resolve(host, std::to_string(port), tcp::resolver::passive, error);
  if (error || found.empty()) return fail(Code::bad_config, where + ": no such address: " + error.message());
  const tcp::endpoint endpoint = found.begin()->endpoint();
  tcp::acceptor acceptor(io);
  if (!error) acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(kListenBacklog, error);
  if (error) return fail(Code::io, where + ": " + error.message());
  return std::unique_ptr<Listener>(new Listener(std::make_unique<Impl>(io, std::move(acceptor))));
}

Listener::Listener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Listener::~Listener() = default;

void Listener::start(Next next, Accepted accepted, Trouble trouble) {
  impl_->next = std::move(next);
  impl_->accepted = std::move(accepted);
  impl_->trouble = std::move(trouble);
  impl_->accept();
}

void Listener::stop() {
  std::error_code ignored;
  impl_->acceptor.close(ignored);
  impl_->retry.cancel();
}

bool Listener::on_loopback() const {
  std::error_code ignored;
  return impl_->acceptor.local_endpoint(ignored).address().is_loopback();
}

std::uint16_t Listener::port() const {
  std::error_code ignored;
  return impl_->acceptor.local_endpoint(ignored).port();
}

void turn_away(tcp::socket socket, const std::string& line) {
  std::error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(line), ignored);
  socket.shutdown(tcp::socket::shutdown_send, ignored);
}

}  // namespace limpet::net
