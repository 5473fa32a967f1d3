// The driver's turns over real sockets: plain ones, and ones behind a layer that wants to read before it
// writes and to write before it reads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <limpet/net/clock.hpp>
#include <limpet/net/driver.hpp>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "stubborn_layer.hpp"

namespace limpet::net {
namespace {

using testing::StubbornLayer;
using Manners = StubbornLayer::Manners;
using Seen = StubbornLayer::Seen;

std::string echo(const std::string& text) {
  return "*2\r\n$4\r\nECHO\r\n$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}
std::string bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

// Does what a test says.
struct ScriptedLayer : Layer {
  std::function<Io(int, std::span<char>)> reads;
  std::function<Io(int, std::string_view)> writes;

  Io read(int socket, std::span<char> into) override { return reads(socket, into); }
  Io write(int socket, std::string_view bytes) override { return writes(socket, bytes); }
  Io shut(int socket) override { return Wire::shut_socket(socket); }
};

// The client's side of a connection, in the thread of the test.
class Client {
 public:
  explicit Client(Wire wire) : wire_(std::move(wire)) {}

  void send(const std::string& bytes) { to_send_ += bytes; }
  void end() { ends_ = true; }  // once all is sent
  void reset() { wire_.close(); }
  void stop_reading() { reads_ = false; }
  void go_on_reading() { reads_ = true; }

  void pump() {
    if (wire_.socket() < 0) return;
    while (!to_send_.empty()) {
      const Io io = wire_.write(to_send_);
      if (io.state != Io::State::moved) break;
      to_send_.erase(0, io.bytes);
    }
    if (to_send_.empty() && ends_ && wire_.shut().state == Io::State::moved) ends_ = false;
    while (reads_ && !ended_) {
      const Io io = wire_.read(room_);
      if (io.state == Io::State::ended || io.state == Io::State::failed) ended_ = true;
      if (io.state != Io::State::moved) break;
      got_.append(room_.data(), io.bytes);
    }
  }
  [[nodiscard]] const std::string& got() const { return got_; }
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  Wire wire_;
  std::string to_send_;
  std::string got_;
  std::array<char, 3000> room_;
  bool ends_ = false;
  bool reads_ = true;
  bool ended_ = false;
};

class DriverTest : public ::testing::Test {
 protected:
  static constexpr int kSmallBuffer = 4096;

  static shard::ShardConfig config() {
    shard::ShardConfig config;
    config.view = std::make_shared<const cluster::View>(
        cluster::single_node({"127.0.0.1", 7379}, cluster::Durability::none));
    return config;
  }
  DriverHooks hooks() {
    DriverHooks hooks;
    hooks.effects = [](shard::NodeEffects& effects) { effects = {}; };
    hooks.client_gone = [this] { ++gone_; };
    hooks.drained = [this] { drained_ = true; };
    return hooks;
  }
  void SetUp() override { driver_.start(); }
  void TearDown() override {
    driver_.abandon();
    io_.restart();
    io_.run();
  }

  // A client whose connection this driver serves.
  Client& connect(std::unique_ptr<Layer> ours, std::unique_ptr<Layer> theirs) {
    std::array<int, 2> sockets{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets.data()), 0);
    for (const int socket : sockets)
      (void)::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &kSmallBuffer, sizeof kSmallBuffer);
    clients_.push_back(std::make_unique<Client>(Wire(Descriptor(sockets[1]), std::move(theirs))));
    driver_.turn([&] {
      driver_.adopt_client({.descriptor = Descriptor(sockets[0]),
                            .remote = "127.0.0.1:5",
                            .local = "127.0.0.1:7379",
                            .layer = std::move(ours)});
    });
    return *clients_.back();
  }
  Client& connect() { return connect(nullptr, nullptr); }
  Client& connect(const Manners& ours, Manners theirs = {}) {
    theirs.insists = false;
    return connect(std::make_unique<StubbornLayer>(ours, seen_),
                   std::make_unique<StubbornLayer>(theirs, std::make_shared<Seen>()));
  }
  // Both sides, until that or for so long.
  bool run(const std::function<bool()>& until, std::chrono::milliseconds patience = std::chrono::seconds(5)) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!until()) {
      if (std::chrono::steady_clock::now() > end) return false;
      for (const std::unique_ptr<Client>& client : clients_) client->pump();
      handled_ += io_.run_for(std::chrono::milliseconds(1));
      io_.restart();
    }
    return true;
  }
  void run_a_while() {
    (void)run([] { return false; }, std::chrono::milliseconds(60));
  }

  asio::io_context io_{1};
  Resolver resolver_;
  int gone_ = 0;
  bool drained_ = false;
  std::size_t handled_ = 0;
  shard::Shard shard_{config(), {}, read_clocks()};
  Driver driver_{io_, shard_, resolver_, hooks(), 0};
  std::shared_ptr<Seen> seen_ = std::make_shared<Seen>();
  std::vector<std::unique_ptr<Client>> clients_;
};

TEST_F(DriverTest, APlainClientIsServedAndClosedOnceItEndsAndHasItsReplies) {
  Client& client = connect();
  client.send(echo("one") + echo("two"));
  client.end();
  EXPECT_TRUE(run([&] { return client.ended() && gone_ == 1; }));
  EXPECT_EQ(client.got(), bulk("one") + bulk("two"));
}

TEST_F(DriverTest, AWriteThatWantsToReadFirstGoesOnWithTheBytesThatItWaitedFor) {
  Client& client = connect(Manners{.asks_first = true});
  client.send(echo("one"));
  EXPECT_TRUE(run([&] { return client.got() == bulk("one"); }));
  EXPECT_GT(seen_->waited_for_bytes, 0);
}

TEST_F(DriverTest, AReadThatWantsToWriteFirstGoesOnOnceThereIsRoom) {
  Client& client = connect(Manners{.answer_bytes = 200'000}, Manners{.asks_first = true});
  client.send(echo("one"));
  EXPECT_TRUE(run([&] { return client.got() == bulk("one"); }));
  EXPECT_GT(seen_->waited_for_room, 0);
}

// The bytes come behind the last read, and the write takes them: the socket has none any more, so no event
// tells of them.
TEST_F(DriverTest, WhatAWriteHasTakenFromTheSocketIsReadThoughNoEventSaysSo) {
  auto layer = std::make_unique<ScriptedLayer>();
  Client* client = nullptr;
  std::string kept;
  layer->reads = [&](int socket, std::span<char> into) {
    if (kept.empty()) return Wire::read_socket(socket, into);
    std::copy(kept.begin(), kept.end(), into.begin());
    return Io{.bytes = std::exchange(kept, "").size()};
  };
  layer->writes = [&, first = true](int socket, std::string_view bytes) mutable {
    Io io = Wire::write_socket(socket, bytes);
    if (!std::exchange(first, false)) return io;
    client->send(echo("two"));
    client->pump();
    kept.resize(100);
    kept.resize(Wire::read_socket(socket, kept).bytes);
    io.more = true;
    return io;
  };
  client = &connect(std::move(layer), nullptr);
  client->send(echo("one"));
  EXPECT_TRUE(run([&] { return client->got() == bulk("one") + bulk("two"); }));
}

// What the write waits for comes behind it, and a read that was due anyway takes it.
TEST_F(DriverTest, AWriteGoesOnWhereAReadHasTakenWhatItWaitedFor) {
  auto layer = std::make_unique<ScriptedLayer>();
  Client* client = nullptr;
  bool may_write = false;
  layer->reads = [&](int socket, std::span<char> into) {
    Io io = Wire::read_socket(socket, into);
    if (io.state != Io::State::moved) return io;
    may_write = into[0] == '!';
    io.more = true;
    return may_write ? Wire::read_socket(socket, into) : io;
  };
  layer->writes = [&](int socket, std::string_view bytes) {
    if (may_write) return Wire::write_socket(socket, bytes);
    client->send("!");
    client->pump();
    return Io{.state = Io::State::want_read};
  };
  client = &connect(std::move(layer), nullptr);
  client->send(echo("one"));
  EXPECT_TRUE(run([&] { return client->got() == bulk("one"); }));
}

TEST_F(DriverTest, NothingIsTriedAgainWhileNothingHasChanged) {
  Client& silent = connect(Manners{.asks_first = true});
  silent.send(echo("one"));
  silent.stop_reading();  // so that it does not answer
  run_a_while();
  const int calls = seen_->calls;
  const std::size_t handled = handled_;
  run_a_while();
  EXPECT_EQ(seen_->calls, calls);
  EXPECT_LT(handled_ - handled, 30U);  // ticks
  silent.go_on_reading();
  EXPECT_TRUE(run([&] { return silent.got() == bulk("one"); }));
}

TEST_F(DriverTest, AClientThatHasEndedGetsItsRepliesAndTheLastWordOfTheLayer) {
  Client& client = connect(Manners{.asks_first = true, .asks_before_the_end = true});
  client.send(echo("one"));
  run_a_while();
  client.send("*1\r\n$4\r\nQUIT\r\n");
  EXPECT_TRUE(run([&] { return client.ended() && gone_ == 1; }));
  EXPECT_EQ(client.got(), bulk("one") + "+OK\r\n");
}

TEST_F(DriverTest, HalfClosedBehindALayerItStillGetsWhatItIsOwed) {
  Client& client = connect(Manners{.answer_bytes = 50'000}, Manners{.asks_first = true});
  const std::string large(100'000, 'v');
  client.send(echo(large) + echo("end"));
  client.end();
  EXPECT_TRUE(run([&] { return client.ended() && gone_ == 1; }));
  EXPECT_EQ(client.got(), bulk(large) + bulk("end"));
}

TEST_F(DriverTest, AConnectionThatBreaksInTheMiddleOfAHandshakeIsGone) {
  Client& client = connect(Manners{.asks_first = true});
  client.send(echo("one"));
  client.stop_reading();
  run_a_while();
  EXPECT_EQ(gone_, 0);
  client.reset();
  EXPECT_TRUE(run([&] { return gone_ == 1; }));
}

TEST_F(DriverTest, AnErrorOfALayerEndsItsConnectionAndNoOther) {
  Client& broken = connect(Manners{.fails_with = EPROTO});
  Client& other = connect();
  broken.send(echo("one"));
  other.send(echo("two"));
  EXPECT_TRUE(run([&] { return gone_ == 1 && other.got() == bulk("two"); }));
  EXPECT_TRUE(run([&] { return broken.ended(); }));
  EXPECT_EQ(broken.got(), "");
}

TEST_F(DriverTest, ADriverThatDrainsWaitsForTheLastWordsOfLayers) {
  Client& client = connect(Manners{.asks_before_the_end = true});
  client.send(echo("one"));
  EXPECT_TRUE(run([&] { return client.got() == bulk("one"); }));
  driver_.drain();
  EXPECT_TRUE(run([&] { return drained_ && client.ended(); }));
  EXPECT_EQ(gone_, 1);
}

TEST_F(DriverTest, WhateverTheMannersEverythingIsAnsweredInOrder) {
  for (std::uint32_t seed = 1; seed <= 16; ++seed) {
    SCOPED_TRACE(seed);
    std::minstd_rand random(seed);
    const auto manners = [&] {
      return Manners{.seed = static_cast<std::uint32_t>(random()),
                     .asks_first = random() % 2 == 0,
                     .asks_percent = static_cast<unsigned>(random() % 60),
                     .answer_bytes = random() % 20'000};
    };
    Client& client = connect(manners(), manners());
    std::string replies;
    for (int i = 0; i < 60; ++i) {
      const std::string text(random() % (random() % 8 == 0 ? 60'000 : 50), static_cast<char>('a' + i % 26));
      client.send(echo(text));
      replies += bulk(text);
      if (random() % 4 == 0) client.pump();
      if (random() % 4 == 0) client.stop_reading();
      if (random() % 4 == 0) (void)run([] { return false; }, std::chrono::milliseconds(1));
      client.go_on_reading();
    }
    client.send("*1\r\n$4\r\nQUIT\r\n");
    replies += "+OK\r\n";
    ASSERT_TRUE(run([&] { return client.ended(); })) << client.got().size() << " of " << replies.size();
    ASSERT_EQ(client.got(), replies);
    clients_.clear();
  }
  EXPECT_GT(seen_->waited_for_bytes, 0);
  EXPECT_GT(seen_->waited_for_room, 0);
}

}  // namespace
}  // namespace limpet::net
