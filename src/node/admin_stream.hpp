// BoundedStream: one admin connection, with an end to its patience.
//
// cpp-httplib 0.11 bounds one header line but neither how many there are nor how long a client may take over
// them. So its server reads through this stream: at most kAdminRequestBytesMax in, and the whole exchange
// within kAdminRequestMs. Owned and used by one thread of the admin's pool. Does not own the socket.
#pragma once

#include <httplib.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <limpet/base/limits.hpp>
#include <string>

namespace limpet::node {

class BoundedStream final : public httplib::Stream {
 public:
  // Gives up early when `stopping` becomes true.
  BoundedStream(socket_t socket, const std::atomic<bool>& stopping);

  [[nodiscard]] bool is_readable() const override;
  [[nodiscard]] bool is_writable() const override;
  ssize_t read(char* out, std::size_t size) override;
  ssize_t write(const char* bytes, std::size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  [[nodiscard]] socket_t socket() const override { return socket_; }

  // Was all that the client may send taken in, and not found complete?
  [[nodiscard]] bool overrun() const { return budget_ == 0; }

 private:
  [[nodiscard]] bool wait_for(short events) const;
  bool fill();

  socket_t socket_;
  const std::atomic<bool>& stopping_;
  std::chrono::steady_clock::time_point deadline_;
  std::size_t budget_ = kAdminRequestBytesMax;  // bytes still accepted from the client
  std::array<char, 2048> buffer_{};
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace limpet::node
