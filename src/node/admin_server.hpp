// AdminServer: HTTP for one exchange a connection, within bounds of bytes, time and number.
//
// One thread reads requests and writes answers, and never waits for anything. What is known at once (health)
// is answered there; a page that has to be made is made on a second thread, one after the other, once for all
// who wait for it. So neither whoever says nothing, or half of a request, nor whoever does not read, nor a
// page that takes long holds up a health check.
#pragma once

#include <cstdint>
#include <functional>
#include <limpet/base/result.hpp>
#include <memory>
#include <optional>
#include <string>

namespace limpet::node {

inline constexpr const char* kPlain = "text/plain; charset=utf-8";

struct AdminReply {
  int status = 200;
  const char* type = "";
  std::string body;
};

struct AdminPages {
  // An answer that is there at once. Nothing: it is to be made, or there is no such page.
  std::function<std::optional<AdminReply>(const std::string& path)> at_once;
  std::function<bool(const std::string& path)> is_made;
  // REQUIRES: is_made. May take a second. Called from a thread of its own.
  std::function<AdminReply(const std::string& path)> make;
  std::function<void(const std::string& what)> trouble;  // for the log
};

class AdminServer {
 public:
  // Binds and serves. Error: in words of the operating system, with the address.
  [[nodiscard]] static Result<std::unique_ptr<AdminServer>> start(const std::string& host, std::uint16_t port,
                                                                  AdminPages pages);
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  [[nodiscard]] std::string local() const;  // "127.0.0.1:7801"
  [[nodiscard]] bool on_loopback() const;

 private:
  class Impl;
  explicit AdminServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace limpet::node
