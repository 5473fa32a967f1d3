#include <httplib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <limpet/node/admin.hpp>
#include <semaphore>
#include <thread>
#include <utility>

#include "admin_stream.hpp"

namespace limpet::node {
namespace {

constexpr const char* kPlain = "text/plain; charset=utf-8";
constexpr const char* kPrometheus = "text/plain; version=0.0.4; charset=utf-8";
constexpr const char* kJson = "application/json";

constexpr const char* kIndex =
    "limpet\n"
    "\n"
    "/livez    200 while the process runs\n"
    "/readyz   200 when clients are answered, or 503 and why not\n"
    "/drainz   the same, but 404 while the node leaves: clients that are there may stay, new ones should not "
    "come\n"
    "/metrics  counters and gauges, for Prometheus\n"
    "/status   the node, its cluster and its shards, as JSON\n";

// Threads for the connections, and a bounded number of connections that wait for one. At the bound the
// accepting thread waits, and further clients queue in the kernel.
class BoundedPool final : public httplib::TaskQueue {
 public:
  void enqueue(std::function<void()> job) override {
    places_.acquire();
    threads_.enqueue([this, job = std::move(job)] {
      job();
      places_.release();
    });
  }
  void shutdown() override { threads_.shutdown(); }

 private:
  std::counting_semaphore<kAdminThreads + kAdminWaitingMax> places_{kAdminThreads + kAdminWaitingMax};
  httplib::ThreadPool threads_{kAdminThreads};
};

// One exchange for each connection. Kept-alive connections would each hold a thread while idle, and so let a
// few scrapers shut out the load balancer's health check.
class BoundedServer final : public httplib::Server {
 public:
  std::atomic<bool> stopping{false};

  // cpp-httplib's own queue is so short that a few silent connections fill it. REQUIRES: bound.
  void widen_queue() { (void)::listen(svr_sock_, kListenBacklog); }

 private:
  bool process_and_close_socket(socket_t socket) override {
    BoundedStream stream(socket, stopping);
    bool closed = false;
    const bool answered = process_request(stream, true, closed, nullptr);
    ::shutdown(socket, SHUT_RDWR);
    ::close(socket);
    return answered;
  }
};

void set_socket_options(socket_t socket) {
  // Not SO_REUSEPORT, cpp-httplib's default: with it two nodes could share an admin address without an error.
  const int yes = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  // Whoever connects and says nothing is the kernel's business, and holds up no thread.
  const int seconds = static_cast<int>(kAdminRequestMs / 1000);
  ::setsockopt(socket, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof seconds);
}

}  // namespace

class Admin::Impl {
 public:
  explicit Impl(AdminSource source) : source_(std::move(source)) {
    server_.new_task_queue = [] { return new BoundedPool; };
    server_.set_socket_options(set_socket_options);
    server_.set_tcp_nodelay(true);
    server_.set_pre_routing_handler(refuse_other_methods);
    server_.set_error_handler(httplib::Server::HandlerWithResponse(explain));
    server_.set_exception_handler(
        [](const httplib::Request&, httplib::Response& response, std::exception_ptr) {
          response.status = 500;
          response.set_content("this page could not be made\n", kPlain);
        });
    add_pages();
  }

  ~Impl() {
    server_.stopping = true;
    server_.stop();
    if (accepting_.joinable()) accepting_.join();
  }

  // The port, or -1.
  int bind(const cluster::Address& address) {
    errno = 0;
    int bound = address.port;
    if (address.port == 0) {
      bound = server_.bind_to_any_port(address.host);
    } else if (!server_.bind_to_port(address.host, address.port)) {
      return -1;
    }
    if (bound >= 0) server_.widen_queue();
    return bound;
  }

  void serve() {
    accepting_ = std::thread([this] { server_.listen_after_bind(); });
    // stop() does nothing to a server that is not running yet, so start() must not return earlier.
    while (!server_.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  std::uint16_t port = 0;

 private:
  using Handled = httplib::Server::HandlerResponse;

  void add_pages() {
    server_.Get("/", [](const httplib::Request&, httplib::Response& response) {
      response.set_content(kIndex, kPlain);
    });
    server_.Get("/livez", [](const httplib::Request&, httplib::Response& response) {
      response.set_content("ok\n", kPlain);
    });
    server_.Get("/readyz", [this](const httplib::Request&, httplib::Response& response) {
      tell_health(source_.health(), 503, response);
    });
    server_.Get("/drainz", [this](const httplib::Request&, httplib::Response& response) {
      tell_health(source_.health(), 404, response);
    });
    server_.Get("/metrics", [this](const httplib::Request&, httplib::Response& response) {
      response.set_content(metrics_text(source_.snapshot()), kPrometheus);
    });
    server_.Get("/status", [this](const httplib::Request&, httplib::Response& response) {
      response.set_content(status_json(source_.snapshot()), kJson);
    });
  }

  static void tell_health(const Health& health, int when_leaving, httplib::Response& response) {
    response.status = health.ready ? 200 : health.leaving ? when_leaving : 503;
    const std::string but = health.reason.empty() ? "\n" : "; but " + health.reason + "\n";
    response.set_content(health.ready ? "ok" + but : "not ready: " + health.reason + "\n", kPlain);
  }

  static Handled refuse_other_methods(const httplib::Request& request, httplib::Response& response) {
    response.set_header("Cache-Control", "no-store");
    response.set_header("X-Content-Type-Options", "nosniff");
    if (request.method == "GET" || request.method == "HEAD") return Handled::Unhandled;
    response.status = 405;
    response.set_header("Allow", "GET, HEAD");
    response.set_content("only GET and HEAD are answered here\n", kPlain);
    return Handled::Handled;
  }

  // Called for every status from 400 up.
  static Handled explain(const httplib::Request&, httplib::Response& response) {
    if (!response.body.empty()) return Handled::Unhandled;
    response.set_content(response.status == 404 ? "no such page; / lists them\n" : "bad request\n", kPlain);
    return Handled::Handled;
  }

  AdminSource source_;
  BoundedServer server_;
  std::thread accepting_;
};

Admin::Admin(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Admin::~Admin() = default;

std::uint16_t Admin::port() const { return impl_->port; }

Result<std::unique_ptr<Admin>> Admin::start(const cluster::Address& address, AdminSource source) {
  auto impl = std::make_unique<Impl>(std::move(source));
  const int port = impl->bind(address);
  if (port < 0) {
    const std::string why = errno != 0 ? std::strerror(errno) : "no such address here";
    return fail(Code::io, "cannot listen for HTTP on " + address.text() + ": " + why +
                              "; change --admin, or admin of this [[node]] in the cluster file");
  }
  impl->port = static_cast<std::uint16_t>(port);
  impl->serve();
  return std::unique_ptr<Admin>(new Admin(std::move(impl)));
}

}  // namespace limpet::node
