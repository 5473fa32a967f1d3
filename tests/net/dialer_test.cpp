// Dials over loopback: which addresses of a name are tried, and what is said when none answers.
#include "dialer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <asio/io_context.hpp>
#include <chrono>
#include <limpet/net/clock.hpp>
#include <limpet/net/listener.hpp>
#include <optional>

namespace limpet::net {
namespace {

using ::testing::HasSubstr;

constexpr StreamId kStream{StreamKind::link, 1, 1};

class DialerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto listener = Listener::bind(io_, "127.0.0.1", 0);
    ASSERT_TRUE(listener) << listener.error().text;
    listener_ = std::move(*listener);
    listener_->start([](const Connection&) {}, [](const std::string&) {});
    const std::string local = listener_->local();
    port_ = static_cast<std::uint16_t>(std::stoi(local.substr(local.rfind(':') + 1)));
  }

  // Until the dial has an outcome.
  void dial(const std::string& host) {
    dialer_.dial(kStream, {host, port_});
    run([this] { return connected_ || failed_; });
  }
  void run(const std::function<bool()>& until) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!until() && std::chrono::steady_clock::now() < end) {
      io_.run_one_for(std::chrono::milliseconds(10));
      dialer_.tick(read_clocks().steady_ms);
    }
  }

  asio::io_context io_;
  std::unique_ptr<Listener> listener_;
  std::uint16_t port_ = 0;
  std::vector<std::string> answer_;  // to every name
  std::vector<std::string> doing_;
  std::optional<Descriptor> connected_;
  std::optional<std::string> failed_;
  Resolver resolver_{[this](const std::string&) -> Result<Resolver::Addresses> {
    if (answer_.empty()) return fail(Code::not_found, "no such name");
    Resolver::Addresses found;
    for (const std::string& address : answer_) found.push_back(asio::ip::make_address(address));
    return found;
  }};
  Dialer dialer_{io_,
                 resolver_,
                 {[this](StreamId, const std::string& doing, std::int64_t) { doing_.push_back(doing); },
                  [this](StreamId, Descriptor socket) { connected_ = std::move(socket); },
                  [this](StreamId, const std::string& why) { failed_ = why; }}};
};

TEST_F(DialerTest, AnAddressInDigitsIsNotLookedUp) {
  dial("127.0.0.1");
  EXPECT_TRUE(connected_);
  EXPECT_TRUE(doing_.empty());
}

TEST_F(DialerTest, TriesAllAddressesOfANameInTurn) {
  answer_ = {"::1", "127.0.0.2", "127.0.0.1"};  // nobody listens at the first two
  dial("n1");
  EXPECT_TRUE(connected_) << *failed_;
  EXPECT_EQ(doing_, (std::vector<std::string>{"looking up n1", "connecting"}));
}

TEST_F(DialerTest, OfANameItIsSaidWhichAddressesItHasStoodForAndWhatTheyDid) {
  answer_ = {"127.0.0.2", "127.0.0.3"};
  dial("n1");
  ASSERT_TRUE(failed_);
  EXPECT_THAT(*failed_, HasSubstr("127.0.0.2:" + std::to_string(port_) + ": Connection refused; 127.0.0.3:"));
}

TEST_F(DialerTest, ANameThatIsNotFoundIsNamed) {
  dial("n1");
  EXPECT_EQ(failed_, "n1: no such name");
}

TEST_F(DialerTest, NothingIsHeardOfADialThatWasDropped) {
  answer_ = {"127.0.0.1"};
  dialer_.dial(kStream, {"n1", port_});
  dialer_.drop(kStream);
  dialer_.dial({StreamKind::link, 2, 1}, {"n1", port_});
  run([this] { return connected_ || failed_; });
  EXPECT_TRUE(connected_);
}

}  // namespace
}  // namespace limpet::net
