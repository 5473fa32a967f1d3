// Look-ups on threads: that who waits is told, and that nothing waits for one that is stuck.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <limpet/net/resolver.hpp>
#include <mutex>
#include <thread>

namespace limpet::net {
namespace {

// A name server of which "stuck" gets no answer before the test has ended.
class ResolverTest : public ::testing::Test {
 protected:
  struct Server {
    std::promise<void> end;
    std::shared_future<void> ended = end.get_future().share();
    std::atomic<int> asked{0};
  };
  ~ResolverTest() override { server_->end.set_value(); }

  std::future<Result<Resolver::Addresses>> want(const std::string& host) {
    auto told = std::make_shared<std::promise<Result<Resolver::Addresses>>>();
    last_ = resolver_->want(host,
                            [told](Result<Resolver::Addresses> found) { told->set_value(std::move(found)); });
    return told->get_future();
  }

  std::shared_ptr<Server> server_ = std::make_shared<Server>();
  std::unique_ptr<Resolver> resolver_ =
      std::make_unique<Resolver>([server = server_](const std::string& host) -> Result<Resolver::Addresses> {
        ++server->asked;
        if (host == "stuck") server->ended.wait();
        if (host == "none") return fail(Code::not_found, "no such name");
        return Resolver::Addresses{asio::ip::make_address("10.0.0.1")};
      });
  Resolver::Ticket last_ = 0;
};

TEST_F(ResolverTest, TellsWhatWasFoundAndWhatWasNot) {
  EXPECT_EQ(want("n1").get()->at(0).to_string(), "10.0.0.1");
  EXPECT_EQ(want("none").get().error().text, "no such name");
}

TEST_F(ResolverTest, ANameThatIsStuckHoldsUpNeitherOthersNorTheEnd) {
  auto stuck = want("stuck");
  EXPECT_TRUE(want("n1").get());
  resolver_.reset();
  EXPECT_THROW(stuck.get(), std::future_error) << "nobody has the promise any more";
}

TEST_F(ResolverTest, WhoHasDroppedItIsNotTold) {
  auto stuck = want("stuck");
  resolver_->drop(last_);
  server_->end.set_value();
  server_->end = {};
  EXPECT_THROW(stuck.get(), std::future_error) << "nobody has the promise any more";
}

TEST(AskSystem, TakesDigitsAndNamesAndSaysWhatItCannotFind) {
  EXPECT_EQ(ask_system("127.0.0.1")->at(0).to_string(), "127.0.0.1");
  EXPECT_EQ(ask_system("::1")->at(0).to_string(), "::1");
  EXPECT_TRUE(ask_system("localhost")->at(0).is_loopback());
}

}  // namespace
}  // namespace limpet::net
