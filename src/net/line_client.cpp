#include <array>
#include <asio/buffer.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/post.hpp>
#include <asio/write.hpp>
#include <chrono>
#include <limpet/base/bytes.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/net/line_client.hpp>
#include <limpet/net/resolver.hpp>
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
  [[nodiscard]] Result<std::vector<Stream::endpoint>> look_up();
  Result<void> introduce(LineClient& client);

  LineClientOptions options;
  Resolver resolver;
  asio::io_context io{1};
  Stream::socket socket;
  Bytes out;
  Bytes in;
  std::vector<char> chunk = std::vector<char>(kReadBytes);
  bool reading = false;  // a read into `chunk` is under way
  asio::error_code read_error;
  std::uint64_t moved = 0;  // bytes read and written
};

// A name server that does not answer holds up nobody for longer than `connect_ms`, not even the end of the
// process.
Result<std::vector<Stream::endpoint>> LineClient::State::look_up() {
  if (!options.path.empty()) return std::vector<Stream::endpoint>{Unix::endpoint(options.path)};
  auto found = std::make_shared<std::optional<Result<Resolver::Addresses>>>();
  auto awaited = asio::make_work_guard(io);
  const Resolver::Ticket ticket =
      resolver.want(options.host, [this, found](Result<Resolver::Addresses> told) {
        asio::post(io, [found, told = std::move(told)]() mutable { found->emplace(std::move(told)); });
      });
  const bool in_time = run_until([&] { return found->has_value(); }, options.connect_ms);
  resolver.drop(ticket);
  if (!in_time) return fail(Code::unavailable, "no name server has said in time what that is");
  if (!**found) return tl::unexpected((*found)->error());
  std::vector<Stream::endpoint> places;
  for (const asio::ip::address& address : ***found) places.emplace_back(tcp::endpoint(address, options.port));
  return places;
}

Result<void> LineClient::State::connect() {
  if (options.path.size() > kSocketPathBytesMax) {
    return fail(Code::bad_input, options.path + ": a socket's path has at most " +
                                     std::to_string(kSocketPathBytesMax) + " bytes");
  }
  close();
  read_error = {};
  const auto cannot = [this](const std::string& why) {
    close();
    return fail(Code::unavailable, "cannot connect to " + address_text(options) + ": " + why);
  };
  const Clock::time_point deadline = after(options.connect_ms);
  const Result<std::vector<Stream::endpoint>> places = look_up();
  if (!places) return cannot(places.error().text);
  std::string why;
  for (std::size_t i = 0; i < places->size(); ++i) {
    // One that does not answer leaves the others their part of the time.
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    const auto part_ms = left.count() / static_cast<std::int64_t>(places->size() - i);
    std::optional<asio::error_code> outcome;
    socket.async_connect((*places)[i], [&](asio::error_code failed) { outcome = failed; });
    const bool in_time = run_until([&] { return outcome.has_value(); }, part_ms);
    if (in_time && !*outcome) {
      asio::error_code ignored;
      socket.set_option(tcp::no_delay(true), ignored);
      return {};
    }
    why = in_time ? outcome->message() : "no answer in time";
    close();
  }
  return cannot(why);
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
      const bool is_http = s.in.view().starts_with("HTTP/");
      close();
      if (!is_http) return tl::unexpected(length.error());
      return fail(Code::bad_input, address_text(s.options) +
                                       " is an HTTP port; if it is the `admin` of a limpet node, its clients "
                                       "have another one, `client` in the cluster file");
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
