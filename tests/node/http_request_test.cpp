// What is taken for a request to the admin address, byte by byte, and what is refused.
#include "http_request.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>

namespace limpet::node {
namespace {

using ::testing::HasSubstr;
using State = HttpRequest::State;

int refusal_of(std::string_view bytes) {
  const HttpRequest request = read_http_request(bytes);
  return request.state == State::refused ? request.status : 0;
}

TEST(HttpRequest, IsGetOrHeadOfAPath) {
  const HttpRequest get = read_http_request("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(get.state, State::whole);
  EXPECT_EQ(get.path, "/livez");
  EXPECT_FALSE(get.head);
  EXPECT_TRUE(read_http_request("HEAD / HTTP/1.0\n\n").head) << "lines may end without a carriage return";
  EXPECT_EQ(read_http_request("GET /metrics?name=x HTTP/1.1\r\n\r\n").path, "/metrics");
  EXPECT_EQ(read_http_request("GET http://n1:7801/readyz HTTP/1.1\r\n\r\n").path, "/readyz");
  EXPECT_EQ(read_http_request("\r\nGET / HTTP/1.1\r\n\r\n").path, "/") << "an empty line may stand in front";
}

TEST(HttpRequest, WaitsForTheWholeHead) {
  const std::string_view whole = "GET /livez HTTP/1.1\r\nHost: x\r\nRange: bytes=0-\r\n\r\n";
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(read_http_request(whole.substr(0, size)).state, State::partial) << size;
  EXPECT_EQ(read_http_request(whole).state, State::whole) << "ranges are not looked at";
}

TEST(HttpRequest, WhatIsNoHttpIsToldSoAtOnce) {
  EXPECT_EQ(refusal_of("PING\r\n"), 400);
  EXPECT_EQ(refusal_of("*1\r\n$4\r\nPING\r\n"), 400);
  EXPECT_EQ(refusal_of("\x16\x03\x01\x02"), 400) << "a hello of TLS, which ends no line";
  EXPECT_EQ(refusal_of("GET /livez\r\n"), 400);
  EXPECT_EQ(refusal_of("GET  HTTP/1.1\r\n"), 400);
  EXPECT_EQ(refusal_of("GET livez HTTP/1.1\r\n"), 400);
  EXPECT_EQ(refusal_of("GET /a b HTTP/1.1\r\n"), 400);
  EXPECT_EQ(refusal_of("GET /livez HTTP/2.0\r\n"), 505);
  EXPECT_THAT(read_http_request("PING\r\n").why, HasSubstr("this is an HTTP port"));
}

TEST(HttpRequest, WhatThisPortHasNotIsRefused) {
  const auto with = [](const std::string& header) {
    return refusal_of("GET /livez HTTP/1.1\r\n" + header + "\r\n\r\n");
  };
  EXPECT_EQ(refusal_of("POST /livez HTTP/1.1\r\nContent-Length: 4\r\n\r\n"), 405);
  EXPECT_EQ(with("Content-Length: 4"), 413);
  EXPECT_EQ(with("content-length:0"), 0);
  EXPECT_EQ(with("Transfer-Encoding: chunked"), 413);
  EXPECT_EQ(with("Expect: 100-continue"), 417);
  EXPECT_EQ(with("no colon"), 400);
  EXPECT_EQ(with(" folded: line"), 400);
  EXPECT_EQ(with("a: b\x01"), 400);
  EXPECT_EQ(with(": b"), 400);
}

TEST(HttpRequest, NothingLongerThanTheBoundIsTaken) {
  const std::string line(kAdminRequestBytesMax, 'x');
  EXPECT_EQ(refusal_of("GET /" + line), 431);
  std::string headers = "GET / HTTP/1.1\r\n";
  while (headers.size() <= kAdminRequestBytesMax) headers += "A: b\r\n";
  EXPECT_EQ(refusal_of(headers), 431);
}

}  // namespace
}  // namespace limpet::node
