// The admin side over real HTTP on loopback, at a port that the kernel chooses.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <limpet/base/limits.hpp>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "a_snapshot.hpp"

namespace limpet::node {
namespace {

class AdminTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto admin =
        Admin::start({"127.0.0.1", 0}, {[this] { return a_snapshot(view_); }, [this] { return health_; }});
    ASSERT_TRUE(admin) << admin.error().text;
    admin_ = std::move(*admin);
  }

  httplib::Result get(const std::string& path) {
    return httplib::Client("127.0.0.1", admin_->port()).Get(path);
  }

  int connected() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(admin_->port());
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    return socket;
  }

  // Sends bytes as they are; returns all that came back until the server closed.
  std::string raw(std::string_view bytes) {
    const int socket = connected();
    // The server may close before it has taken everything; what counts is what it says.
    (void)::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    std::string reply;
    char buffer[4096];
    for (ssize_t n; (n = ::recv(socket, buffer, sizeof buffer, 0)) > 0;)
      reply.append(buffer, static_cast<size_t>(n));
    ::close(socket);
    return reply;
  }

  cluster::View view_ = three_nodes();
  Health health_{true, false, ""};
  std::unique_ptr<Admin> admin_;
};

TEST_F(AdminTest, LivezSaysOk) {
  const auto reply = get("/livez");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->body, "ok\n");
}

TEST_F(AdminTest, ReadyzSaysWhyNot) {
  EXPECT_EQ(get("/readyz")->status, 200);
  health_ = {false, false, "the node is stopping"};
  const auto reply = get("/readyz");
  EXPECT_EQ(reply->status, 503);
  EXPECT_EQ(reply->body, "not ready: the node is stopping\n");
}

TEST_F(AdminTest, DrainzTellsALeavingNodeFromOneThatIsNotReady) {
  EXPECT_EQ(get("/drainz")->status, 200);
  health_ = {false, true, "it leaves"};
  EXPECT_EQ(get("/drainz")->status, 404);
  EXPECT_EQ(get("/readyz")->status, 503);
  health_ = {true, true, "it drains"};
  EXPECT_EQ(get("/drainz")->status, 404);
  EXPECT_EQ(get("/drainz")->body, "not ready: it drains\n");
  EXPECT_EQ(get("/readyz")->status, 200);
  EXPECT_EQ(get("/readyz")->body, "ok; but it drains\n");
  health_ = {false, false, "it starts"};
  EXPECT_EQ(get("/drainz")->status, 503);
}

TEST_F(AdminTest, PagesHaveTheirContentTypes) {
  EXPECT_EQ(get("/metrics")->get_header_value("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  const auto status = get("/status");
  EXPECT_EQ(status->get_header_value("Content-Type"), "application/json");
  EXPECT_EQ(nlohmann::json::parse(status->body)["node"], "n2");
  EXPECT_NE(get("/")->body.find("/readyz"), std::string::npos);
}

TEST_F(AdminTest, OtherPathsAreNotFound) {
  for (const char* path : {"/nothing", "/livez/", "/../etc/passwd", "/%2e%2e/etc/passwd", "//livez"}) {
    EXPECT_EQ(get(path)->status, 404) << path;
  }
}

TEST_F(AdminTest, OtherMethodsAreRefused) {
  httplib::Client client("127.0.0.1", admin_->port());
  const auto reply = client.Post("/livez", "body", "text/plain");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 405);
  EXPECT_EQ(reply->get_header_value("Allow"), "GET, HEAD");
  EXPECT_EQ(client.Delete("/status")->status, 405);
  const auto head = client.Head("/livez");
  EXPECT_EQ(head->status, 200);
  EXPECT_TRUE(head->body.empty());
}

TEST_F(AdminTest, EndlessHeadersAreCutOff) {
  std::string request = "GET /livez HTTP/1.1\r\n";
  for (int i = 0; i < 100'000; ++i) request += "X-" + std::to_string(i) + ": y\r\n";
  const std::string reply = raw(request);
  EXPECT_EQ(reply.find("200 OK"), std::string::npos);
  EXPECT_EQ(get("/livez")->status, 200);
}

TEST_F(AdminTest, RangesAreNotForThisPort) {
  std::string ranges = "bytes=0-";
  for (int i = 1; i < 1'500; ++i) ranges += ",0-";
  const std::string reply = raw("GET /metrics HTTP/1.1\r\nRange: " + ranges + "\r\n\r\n");
  EXPECT_NE(reply.find("200 OK"), std::string::npos);
  EXPECT_LT(reply.size(), 2 * get("/metrics")->body.size() + 1'000);
}

TEST_F(AdminTest, GarbageGetsAnErrorAndTouchesNothing) {
  EXPECT_NE(raw("*1\r\n$4\r\nPING\r\n\r\n").find("400 Bad Request"), std::string::npos);
  EXPECT_EQ(get("/livez")->status, 200);
}

TEST_F(AdminTest, OneExchangeForEachConnection) {
  const std::string reply =
      raw("GET /livez HTTP/1.1\r\nHost: x\r\n\r\nGET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_NE(reply.find("Connection: close"), std::string::npos);
  EXPECT_EQ(reply.find("200 OK"), reply.rfind("200 OK"));
}

TEST_F(AdminTest, AnAddressInUseIsAnErrorThatNamesTheSetting) {
  const auto second = Admin::start({"127.0.0.1", admin_->port()}, {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::io);
  EXPECT_NE(second.error().text.find("Address already in use"), std::string::npos) << second.error().text;
  EXPECT_NE(second.error().text.find("--admin"), std::string::npos);
}

TEST_F(AdminTest, HealthIsAnsweredWhileAPageIsMadeAndManyWaitForIt) {
  std::promise<void> go;
  auto wait = go.get_future().share();
  std::atomic<int> made{0};
  auto slow = Admin::start({"127.0.0.1", 0}, {[&] {
                                                ++made;
                                                wait.wait();
                                                return a_snapshot(view_);
                                              },
                                              [this] { return health_; }});
  ASSERT_TRUE(slow) << slow.error().text;
  admin_ = std::move(*slow);
  // The first is being made, so many others wait, and for the rest there is no room.
  std::vector<int> asking;
  const auto ask = [&] {
    asking.push_back(connected());
    constexpr std::string_view kRequest = "GET /status HTTP/1.1\r\n\r\n";
    (void)::send(asking.back(), kRequest.data(), kRequest.size(), MSG_NOSIGNAL);
  };
  ask();
  while (made == 0) std::this_thread::yield();
  while (asking.size() < 2 * kAdminPagesMax) ask();
  const auto answered = [&](const std::string& status) {
    return static_cast<std::size_t>(std::count_if(asking.begin(), asking.end(), [&](int socket) {
      std::string head(12, ' ');
      return ::recv(socket, head.data(), head.size(), MSG_PEEK | MSG_DONTWAIT) > 0 &&
             head == "HTTP/1.1 " + status;
    }));
  };
  while (answered("503") < kAdminPagesMax) std::this_thread::yield();
  EXPECT_EQ(get("/readyz")->status, 200);
  EXPECT_EQ(get("/livez")->status, 200);
  go.set_value();
  while (answered("200") < kAdminPagesMax) std::this_thread::yield();
  EXPECT_EQ(made, 2) << "made once for all who waited together";
  for (const int socket : asking) ::close(socket);
}

TEST_F(AdminTest, WhoSendsHalfARequestGivesWayToAWholeOne) {
  std::vector<int> halves;
  for (std::size_t i = 0; i < 3 * kAdminConnectionsMax; ++i) {
    halves.push_back(connected());
    (void)::send(halves.back(), "GET /", 5, MSG_NOSIGNAL);
  }
  EXPECT_EQ(get("/livez")->status, 200);
  for (const int half : halves) ::close(half);
}

TEST_F(AdminTest, HalfARequestIsGivenUpInTime) {
  const int half = connected();
  (void)::send(half, "GET /", 5, MSG_NOSIGNAL);
  const auto began = std::chrono::steady_clock::now();
  char byte = 0;
  EXPECT_LE(::recv(half, &byte, 1, 0), 0);
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(kAdminHeadMs - 100));
  ::close(half);
}

TEST_F(AdminTest, StoppingDoesNotWaitForASilentClient) {
  const int socket = connected();
  const auto before = std::chrono::steady_clock::now();
  admin_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(kAdminRequestMs / 2));
  ::close(socket);
}

}  // namespace
}  // namespace limpet::node
