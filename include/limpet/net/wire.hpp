// Wire: a connected socket, and what stands on it: nothing, so that bytes go as they are, or a Layer, as TLS
// would be. Bytes go in and come out by read(), write() and shut(), and nothing else touches the socket.
//
// Nothing here waits. What cannot go on says what for (Io::State), and is called again once that has come.
// Behind a layer the two are not what they seem: a read may have to write first (a handshake), a write may
// have to read. So the one who calls (net/driver) keeps for each direction what it waits for.
//
// Belongs to one thread at a time. A plain wire is a descriptor and a null pointer, and pays no virtual call.
#pragma once

#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <limpet/net/descriptor.hpp>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace limpet::net {

// What has become of a call.
struct Io {
  enum class State : std::uint8_t {
    moved,       // `bytes` were read or written; shut() has said all there is to say
    want_read,   // goes on once the socket has bytes to read
    want_write,  // goes on once the socket has room
    ended,       // of a read: the other side sends no more
    failed,      // for `error`; the connection is of no use any more
  };
  State state = State::moved;
  bool more = false;  // a read may bring something at once, though no event of the socket will say so
  int error = 0;      // as in errno
  std::size_t bytes = 0;
};

// What stands on a socket that does not block.
//
// Events of a socket are edges, told once. So `want_read` and `want_write` are said only when the socket
// itself has just said that it would block, and whatever else than a read has taken bytes from it says
// `more`.
class Layer {
 public:
  Layer() = default;
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;
  virtual ~Layer() = default;

  [[nodiscard]] virtual Io read(int socket, std::span<char> into) = 0;
  // What it says has moved is with the socket: it keeps none of it. A write that wanted something is repeated
  // with the same bytes, and maybe more behind them.
  [[nodiscard]] virtual Io write(int socket, std::string_view bytes) = 0;
  // Says that nothing follows. Reads go on.
  [[nodiscard]] virtual Io shut(int socket) = 0;
};

class Wire {
 public:
  Wire() = default;  // without a socket yet
  explicit Wire(Descriptor socket, std::unique_ptr<Layer> layer = nullptr)
      : layer_(std::move(layer)), socket_(std::move(socket)) {}

  [[nodiscard]] int socket() const { return socket_.get(); }

  // REQUIRES of all three: it has a socket.
  [[nodiscard]] Io read(std::span<char> into) {
    return layer_ ? layer_->read(socket(), into) : read_socket(socket(), into);
  }
  [[nodiscard]] Io write(std::string_view bytes) {
    return layer_ ? layer_->write(socket(), bytes) : write_socket(socket(), bytes);
  }
  [[nodiscard]] Io shut() { return layer_ ? layer_->shut(socket()) : shut_socket(socket()); }
  void close() { socket_.close(); }

  // What a plain wire does, and a layer with the bytes that it has made.
  [[nodiscard]] static Io read_socket(int socket, std::span<char> into);
  [[nodiscard]] static Io write_socket(int socket, std::string_view bytes);
  [[nodiscard]] static Io shut_socket(int socket);

 private:
  [[nodiscard]] static Io stopped(Io::State wants);  // by what errno says

  std::unique_ptr<Layer> layer_;
  Descriptor socket_;
};

// ---- Inline, as each is called once for every read or write ----

inline Io Wire::read_socket(int socket, std::span<char> into) {
  ssize_t count = 0;
  do count = ::recv(socket, into.data(), into.size(), 0);
  while (count < 0 && errno == EINTR);
  if (count > 0) {
    const auto bytes = static_cast<std::size_t>(count);
    // A read that comes back short has emptied the socket, and what comes later is a new event.
    return {.more = bytes == into.size(), .bytes = bytes};
  }
  return count == 0 ? Io{.state = Io::State::ended} : stopped(Io::State::want_read);
}

inline Io Wire::write_socket(int socket, std::string_view bytes) {
  ssize_t count = 0;
  do count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  while (count < 0 && errno == EINTR);
  if (count < 0) return stopped(Io::State::want_write);
  return {.bytes = static_cast<std::size_t>(count)};
}

}  // namespace limpet::net
