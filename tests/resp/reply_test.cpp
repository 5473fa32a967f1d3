#include <gtest/gtest.h>

#include <limits>
#include <limpet/base/limits.hpp>
#include <limpet/resp/reply.hpp>
#include <string>

namespace limpet::resp {
namespace {

using namespace std::string_literals;

template <class Write>
std::string in(Version version, Write write) {
  Bytes out;
  ReplyWriter reply(out, version);
  write(reply);
  return std::string(out.view());
}

template <class Write>
std::string resp2(Write write) {
  return in(Version::resp2, write);
}
template <class Write>
std::string resp3(Write write) {
  return in(Version::resp3, write);
}

TEST(Reply, BothVersionsShareTheCommonTypes) {
  for (const Version version : {Version::resp2, Version::resp3}) {
    EXPECT_EQ(in(version, [](auto& r) { r.ok(); }), "+OK\r\n");
    EXPECT_EQ(in(version, [](auto& r) { r.simple("PONG"); }), "+PONG\r\n");
    EXPECT_EQ(in(version, [](auto& r) { r.bulk("abc"); }), "$3\r\nabc\r\n");
    EXPECT_EQ(in(version, [](auto& r) { r.bulk({}); }), "$0\r\n\r\n");
    EXPECT_EQ(in(version, [](auto& r) { r.bulk("a\0\r\nb"s); }), "$5\r\na\0\r\nb\r\n"s);
    EXPECT_EQ(in(version, [](auto& r) { r.array(12); }), "*12\r\n");
    EXPECT_EQ(in(version, [](auto& r) { r.bulk_integer(-12); }), "$3\r\n-12\r\n");
  }
}

TEST(Reply, IntegersOfEveryLength) {
  using Limits = std::numeric_limits<std::int64_t>;
  for (const std::int64_t value : {std::int64_t{0}, std::int64_t{9}, std::int64_t{10}, std::int64_t{99},
                                   std::int64_t{100}, std::int64_t{-1}, Limits::max(), Limits::min()}) {
    EXPECT_EQ(resp2([&](auto& r) { r.integer(value); }), ":" + std::to_string(value) + "\r\n");
  }
}

TEST(Reply, VersionsDifferInTheRest) {
  EXPECT_EQ(resp2([](auto& r) { r.null(); }), "$-1\r\n");
  EXPECT_EQ(resp3([](auto& r) { r.null(); }), "_\r\n");
  EXPECT_EQ(resp2([](auto& r) { r.null_array(); }), "*-1\r\n");
  EXPECT_EQ(resp3([](auto& r) { r.null_array(); }), "_\r\n");
  EXPECT_EQ(resp2([](auto& r) { r.boolean(true); }), ":1\r\n");
  EXPECT_EQ(resp3([](auto& r) { r.boolean(true); }), "#t\r\n");
  EXPECT_EQ(resp3([](auto& r) { r.boolean(false); }), "#f\r\n");
  EXPECT_EQ(resp2([](auto& r) { r.map(2); }), "*4\r\n");
  EXPECT_EQ(resp3([](auto& r) { r.map(2); }), "%2\r\n");
  EXPECT_EQ(resp2([](auto& r) { r.set(2); }), "*2\r\n");
  EXPECT_EQ(resp3([](auto& r) { r.set(2); }), "~2\r\n");
  EXPECT_EQ(resp2([](auto& r) { r.verbatim("abc"); }), "$3\r\nabc\r\n");
  EXPECT_EQ(resp3([](auto& r) { r.verbatim("abc"); }), "=7\r\ntxt:abc\r\n");
}

TEST(Reply, ErrorTextCannotForgeAnotherReply) {
  EXPECT_EQ(resp2([](auto& r) { r.error("ERR unknown command 'x\r\n+OK\0'"s); }),
            "-ERR unknown command 'x  +OK '\r\n");
  EXPECT_EQ(resp2([](auto& r) { r.error(std::string(10'000, 'x')); }).size(), kErrorTextMax + 3);
}

TEST(Reply, RepliesFollowEachOther) {
  EXPECT_EQ(resp2([](auto& r) {
              r.array(2);
              r.bulk(std::string(100'000, 'v'));
              r.integer(7);
            }),
            "*2\r\n$100000\r\n" + std::string(100'000, 'v') + "\r\n:7\r\n");
}

}  // namespace
}  // namespace limpet::resp
