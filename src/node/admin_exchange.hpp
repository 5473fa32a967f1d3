// AdminExchange: one connection to the admin address: a request, its answer, and the end.
//
// Owned by an AdminServer, on whose thread everything happens. It asks and tells by its hooks.
#pragma once

#include <array>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limpet/net/connection.hpp>
#include <memory>
#include <string>

#include "admin_server.hpp"
#include "http_request.hpp"

namespace limpet::node {

class AdminExchange : public std::enable_shared_from_this<AdminExchange> {
 public:
  struct Hooks {
    std::function<void(const std::string& path)> asked;  // to be answered, now or later
    std::function<void()> answered;                      // all that is left is to close
    std::function<void()> done;                          // it is to be forgotten
  };
  enum class State : std::uint8_t { reading, waiting, writing, lingering, closed };

  AdminExchange(asio::io_context& io, net::Descriptor socket, std::int64_t now_ms, Hooks hooks);

  void start();
  void answer(const AdminReply& reply, std::shared_ptr<const std::string> body);
  void tick(std::int64_t now_ms);
  void close();

  [[nodiscard]] State state() const { return state_; }
  // It holds a page, or waits for one.
  bool has_page = false;

 private:
  void wait_readable();
  void wait_writable();
  void read();
  void write();
  void discard();
  void linger();

  asio::posix::stream_descriptor socket_;
  Hooks hooks_;
  State state_ = State::reading;
  std::int64_t began_ms_;
  std::int64_t lingers_until_ms_ = 0;
  std::string in_;
  bool head_only_ = false;
  std::string head_;
  std::shared_ptr<const std::string> body_;
  std::size_t sent_ = 0;  // of head and body
  std::size_t discarded_ = 0;
};

}  // namespace limpet::node
