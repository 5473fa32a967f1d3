#include <gtest/gtest.h>

#include <array>
#include <limpet/net/line_client.hpp>

#include "fake_server.hpp"

namespace limpet::net {
namespace {

using testing::FakeServer;
using Words = std::vector<std::string_view>;

LineClientOptions options_for(const FakeServer& server) {
  return {.host = "127.0.0.1", .port = server.port()};
}

std::string bulk(std::string_view text) {
  return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}

TEST(LineClient, AsksAndReadsReplies) {
  FakeServer server([](const resp::Args& args) { return bulk(args.back()); });
  LineClient client(options_for(server));
  ASSERT_TRUE(client.connect().has_value());
  EXPECT_EQ(client.ask(Words{"ECHO", "a\r\nb"})->text, "a\r\nb");
  EXPECT_EQ(client.ask(Words{"ECHO", ""})->text, "");
  EXPECT_TRUE(client.alive());
}

TEST(LineClient, PipelineIsAnsweredInOrder) {
  FakeServer server([](const resp::Args& args) { return bulk(args.back()); });
  LineClient client(options_for(server));
  ASSERT_TRUE(client.connect().has_value());
  for (int i = 0; i < 1000; ++i) client.queue(Words{"ECHO", std::to_string(i)});
  ASSERT_TRUE(client.flush().has_value());
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(client.receive()->text, std::to_string(i));
}

// The server writes its replies before it reads on, so a client that only wrote would wait for it for ever.
TEST(LineClient, LongPipelineOfLargeValuesDoesNotLockUp) {
  FakeServer server([](const resp::Args& args) { return bulk(args.back()); });
  LineClient client(options_for(server));
  ASSERT_TRUE(client.connect().has_value());
  const std::string large(1 << 20, 'x');
  for (int i = 0; i < 40; ++i) client.queue(Words{"ECHO", large});
  ASSERT_TRUE(client.flush().has_value());
  for (int i = 0; i < 40; ++i) ASSERT_EQ(client.receive()->text.size(), large.size());
}

TEST(LineClient, PasswordComesFirst) {
  FakeServer server([](const resp::Args& args) {
    return args[0] == "AUTH" ? (args[1] == "right" ? "+OK\r\n" : "-WRONGPASS no\r\n") : "+PONG\r\n";
  });
  LineClientOptions options = options_for(server);
  options.password = "right";
  LineClient right(options);
  ASSERT_TRUE(right.connect().has_value());
  EXPECT_EQ(right.ask(Words{"PING"})->text, "PONG");
  right.close();

  options.password = "wrong";
  LineClient wrong(options);
  const auto refused = wrong.connect();
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::refused);
  EXPECT_FALSE(wrong.connected());
}

TEST(LineClient, NobodyThereIsAnErrorThatSaysWhere) {
  LineClient client({.host = "127.0.0.1", .port = 1});
  const auto outcome = client.connect();
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code, Code::unavailable);
  EXPECT_NE(outcome.error().text.find("127.0.0.1:1"), std::string::npos) << outcome.error().text;
  EXPECT_FALSE(client.ask(Words{"PING"}).has_value());
}

TEST(LineClient, SilentServerIsAnErrorInTime) {
  FakeServer server([](const resp::Args&) { return ""; });
  LineClientOptions options = options_for(server);
  options.reply_ms = 30;
  LineClient client(options);
  ASSERT_TRUE(client.connect().has_value());
  const auto outcome = client.ask(Words{"PING"});
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code, Code::unavailable);
  EXPECT_FALSE(client.connected());
}

TEST(LineClient, ConnectsAgainAfterTheServerEnded) {
  FakeServer server([](const resp::Args& args) -> std::optional<std::string> {
    if (args[0] == "QUIT") return std::nullopt;
    return "+PONG\r\n";
  });
  LineClient client(options_for(server));
  ASSERT_TRUE(client.connect().has_value());
  EXPECT_FALSE(client.ask(Words{"QUIT"}).has_value());
  EXPECT_FALSE(client.alive());
  ASSERT_TRUE(client.connect().has_value());
  EXPECT_EQ(client.ask(Words{"PING"})->text, "PONG");
  EXPECT_EQ(server.connections(), 2);
}

TEST(LineClient, AnHttpPortIsToldToBeOne) {
  FakeServer server([](const resp::Args&) { return "HTTP/1.1 400 Bad Request\r\n"; });
  LineClient client(options_for(server));
  ASSERT_TRUE(client.connect().has_value());
  const auto outcome = client.ask(Words{"PING"});
  ASSERT_FALSE(outcome.has_value());
  EXPECT_NE(outcome.error().text.find(" is an HTTP port"), std::string::npos) << outcome.error().text;
  EXPECT_FALSE(client.connected());
}

TEST(LineClient, WhatIsNoRespEndsTheConnection) {
  FakeServer server([](const resp::Args&) { return "SSH-2.0-OpenSSH_9.2\r\n"; });
  LineClient client(options_for(server));
  ASSERT_TRUE(client.connect().has_value());
  const auto outcome = client.ask(Words{"PING"});
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code, Code::bad_input);
  EXPECT_FALSE(client.connected());
}

TEST(LineClient, PushesArePassedOver) {
  FakeServer server([](const resp::Args&) { return ">1\r\n+news\r\n+PONG\r\n"; });
  LineClient client(options_for(server));
  ASSERT_TRUE(client.connect().has_value());
  EXPECT_EQ(client.ask(Words{"PING"})->text, "PONG");
}

}  // namespace
}  // namespace limpet::net
