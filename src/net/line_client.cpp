#include <array>
#include <asio/buffer.hpp>
#include <asio/connect.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/write.hpp>
#include <chrono>
#include <limpet/base/bytes.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/net/line_client.hpp>
#include <limpet/resp/reply.hpp>
#include <optional>
#include <utility>
#include <vector>

namespace limpet::net {

namespace {

using asio::ip::tcp;
using Stream = asio::generic::stream_protocol;  // TCP or a Unix socket
using Unix = asio::local::stream_protocol;
using Clock = std::chrono::steady_clock;

// A long reply is measured anew after each read, so reads are large.
constexpr std::size_t kReadBytes = std::size_t{256} << 10;

Clock::time_point after(std::int64_t ms) { return Clock::now() + std::chrono::milliseconds(ms); }

std::string address_text(const LineClientOptions& options) {
  if (!options.path.empty()) return options.path;
  const bool v6 = options.host.find(':') != std::string::npos;
  return (v6 ? "[" + options.host + "]" : options.host) + ":" + std::to_string(options.port);
}

}  // namespace

// Asio runs only inside the calls of the client. What is unfinished when one of them gives up is cancelled by
// closing the socket, and its handler has run before the call returns, so no handler outlives what it refers
// to.
struct LineClient::State {
  explicit State(LineClientOptions given) : options(std::move(given)), socket(io) {}

  // Runs handlers until `done` or the deadline, which moves as long as bytes move. False: too late.
  template <class Done>
  bool run_until(Done done, std::int64_t quiet_ms) {
    std::uint64_t seen = moved;
    Clock::time_point deadline = after(quiet_ms);
    while (!done()) {
      io.restart();
      if (io.run_one_until(deadline) == 0) return false;
      if (moved != seen) {
        seen = moved;
        deadline = after(quiet_ms);
      }
    }
    return true;
  }

  void close() {
    asio::error_code ignored;
    socket.close(ignored);
    io.restart();
    io.run();  // lets the handlers of what was cancelled finish
    reading = false;
    out.clear();
    in.clear();
  }

  tl::unexpected<Error> lost(const std::string& why) {
    close();
    return fail(Code::unavailable, "lost the connection to " + address_text(options) + ": " + why);
  }

  void start_read() {
    if (reading || read_error) return;
    reading = true;
    socket.async_read_some(asio::buffer(chunk), [this](asio::error_code error, std::size_t count) {
      reading = false;
      in.append({chunk.data(), count});
      moved += count;
      if (error) read_error = error;
    });
  }

  std::string read_error_text() const {
    return read_error == asio::error::eof ? "the server closed it" : read_error.message();
  }

  Result<void> connect();
  void resolve(tcp::resolver& resolver, std::optional<asio::error_code>& outcome, const bool& given_up);
  Result<void> introduce(LineClient& client);

  LineClientOptions options;
  asio::io_context io{1};
  Stream::socket socket;
  Bytes out;
  Bytes in;
  std::vector<char> chunk = std::vector<char>(kReadBytes);
  bool reading = false;  // a read into `chunk` is under way
  asio::error_code read_error;
  std::uint64_t moved = 0;  // bytes read and written
};

void LineClient::State::resolve(tcp::resolver& resolver, std::optional<asio::error_code>& outcome,
                                const bool& given_up) {
  resolver.async_resolve(options.host, std::to_string(options.port),
                         [&](asio::error_code error, const tcp::resolver::results_type& found) {
                           if (error || given_up) {
                             outcome = error;
                             return;
                           }
                           std::vector<Stream::endpoint> places;
                           for (const auto& entry : found) places.emplace_back(entry.endpoint());
                           asio::async_connect(
                               socket, places,
                               [&](asio::error_code failed, const Stream::endpoint&) { outcome = failed; });
                         });
}

Result<void> LineClient::State::connect() {
  if (options.path.size() > kSocketPathBytesMax) {
    return fail(Code::bad_input, options.path + ": a socket's path has at most " +
                                     std::to_string(kSocketPathBytesMax) + " bytes");
  }
  close();
  read_error = {};
  std::optional<asio::error_code> outcome;
  bool given_up = false;
  tcp::resolver resolver(io);
  if (options.path.empty()) {
    resolve(resolver, outcome, given_up);
  } else {
    socket.async_connect(Unix::endpoint(options.path), [&](asio::error_code failed) { outcome = failed; });
  }
  const bool in_time = run_until([&] { return outcome.has_value(); }, options.connect_ms);
  if (!in_time) {
    given_up = true;
    resolver.cancel();
    close();
  }
  if (in_time && !*outcome) {
    asio::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    return {};
  }
  const std::string why = in_time ? outcome->message() : "no answer in time";
  close();
  return fail(Code::unavailable, "cannot connect to " + address_text(options) + ": " + why);
}

Result<void> LineClient::State::introduce(LineClient& client) {
  const std::array<std::string_view, 2> auth = {"AUTH", options.password};
  const std::array<std::string_view, 2> hello = {"HELLO", "3"};
  for (const auto& [wanted, command] :
       {std::pair(!options.password.empty(), auth), std::pair(options.resp3, hello)}) {
    if (!wanted) continue;
    const Result<resp::Value> reply = client.ask(command);
    if (!reply) return tl::unexpected(reply.error());
    if (reply->type == resp::Value::Type::error) {
      close();
      return fail(Code::refused,
                  address_text(options) + " refused " + std::string(command[0]) + ": " + reply->text);
    }
  }
  return {};
}

LineClient::LineClient(LineClientOptions options) : state_(std::make_unique<State>(std::move(options))) {}
LineClient::LineClient(LineClient&&) noexcept = default;
LineClient& LineClient::operator=(LineClient&&) noexcept = default;
LineClient::~LineClient() {
  if (state_) state_->close();
}

Result<void> LineClient::connect() {
  if (auto connected = state_->connect(); !connected) return connected;
  return state_->introduce(*this);
}

bool LineClient::connected() const { return state_->socket.is_open(); }

bool LineClient::alive() {
  if (!connected()) return false;
  state_->start_read();
  state_->io.restart();
  state_->io.poll();
  if (state_->read_error) close();
  return connected();
}

void LineClient::close() { state_->close(); }

void LineClient::queue(std::span<const std::string_view> args) {
  resp::ReplyWriter writer(state_->out, resp::Version::resp2);
  writer.array(args.size());
  for (const std::string_view arg : args) writer.bulk(arg);
}

std::size_t LineClient::queued_bytes() const { return state_->out.size(); }

Result<void> LineClient::flush() {
  State& s = *state_;
  if (!connected()) return fail(Code::unavailable, "not connected to " + address_text(s.options));
  if (s.out.empty()) return {};
  std::optional<asio::error_code> outcome;
  const auto count_sent = [&s](const asio::error_code& error, std::size_t sent) {
    s.moved += sent;
    return error ? std::size_t{0} : kReadBytes;
  };
  asio::async_write(s.socket, asio::buffer(s.out.data(), s.out.size()), count_sent,
                    [&](asio::error_code error, std::size_t) { outcome = error; });
  const bool in_time = s.run_until(
      [&] {
        if (!outcome) s.start_read();
        return outcome.has_value();
      },
      s.options.reply_ms);
  if (!in_time) return s.lost("it took no bytes in time");
  s.out.clear();
  // A server that ends a connection may have said why; that is read before the failed write is reported.
  if (*outcome && s.in.empty() &&
      (s.read_error || !s.run_until([&] { return !s.reading; }, s.options.reply_ms))) {
    return s.lost(outcome->message());
  }
  return {};
}

Result<resp::Value> LineClient::receive() {
  State& s = *state_;
  while (true) {
    const auto length = resp::value_length(s.in.view());
    if (!length) {
      close();
      return tl::unexpected(length.error());
    }
    if (*length) {
      auto value = resp::read_value(s.in.view().substr(0, **length));
      s.in.consume(**length);
      if (value && value->type == resp::Value::Type::push) continue;
      return value;
    }
    if (s.read_error) return s.lost(s.read_error_text());
    if (!connected()) return fail(Code::unavailable, "not connected to " + address_text(s.options));
    s.start_read();
    if (!s.run_until([&] { return !s.reading; }, s.options.reply_ms)) return s.lost("no reply in time");
  }
}

Result<resp::Value> LineClient::ask(std::span<const std::string_view> args) {
  queue(args);
  if (auto sent = flush(); !sent) return tl::unexpected(sent.error());
  return receive();
}

}  // namespace limpet::net
