#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>

#include "requests.hpp"

namespace limpet::resp {
namespace {

using namespace std::string_literals;
using testing::array_of;
using ::testing::ElementsAre;
using testing::Feeder;
using ::testing::IsEmpty;
using testing::kStranger;
using testing::kWide;
using testing::parse_all;
using testing::Seen;
using Kind = RequestStep::Kind;

// The arguments of the one command that `bytes` are.
std::vector<std::string> command(const std::string& bytes) {
  const auto seen = parse_all(bytes);
  if (seen.size() != 1 || seen[0].kind != Kind::command) return {"not one command"};
  EXPECT_EQ(seen[0].consumed, bytes.size());
  return seen[0].args;
}

std::string error_of(const std::string& bytes, const RequestLimits& limits = kWide) {
  const auto seen = parse_all(bytes, limits);
  if (seen.empty()) return "waits for more";
  if (seen.back().kind != Kind::error) return "no error";
  constexpr std::string_view kStart = "ERR Protocol error: ";
  EXPECT_TRUE(seen.back().error.starts_with(kStart)) << seen.back().error;
  return seen.back().error.substr(kStart.size());
}

TEST(Request, ArrayOfBulkStringsIsACommand) {
  EXPECT_THAT(command("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"), ElementsAre("GET", "k"));
  EXPECT_THAT(command("*1\r\n$0\r\n\r\n"), ElementsAre(""));
  EXPECT_THAT(command("*2\r\n$4\r\nECHO\r\n$5\r\na\0\r\nb\r\n"s), ElementsAre("ECHO", "a\0\r\nb"s));
}

TEST(Request, HeaderLinesMayEndInBareLf) {
  EXPECT_THAT(command("*2\n$3\nGET\r\n$1\nk\r\n"), ElementsAre("GET", "k"));
}

TEST(Request, ArgumentsPointIntoTheInput) {
  const std::string input = array_of({"GET", "key"});
  RequestParser parser;
  Args args;
  ASSERT_EQ(parser.next(input, kWide, args).kind, Kind::command);
  EXPECT_GE(args[1].data(), input.data());
  EXPECT_LT(args[1].data(), input.data() + input.size());
}

TEST(Request, PipelineIsReadOneByOne) {
  const auto seen =
      parse_all(array_of({"PING"}) + "GET a\r\n" + array_of({"GET", "b"}) + "\r\n*0\r\n*-1\r\nPING\n");
  ASSERT_EQ(seen.size(), 7u);
  EXPECT_THAT(seen[0].args, ElementsAre("PING"));
  EXPECT_THAT(seen[1].args, ElementsAre("GET", "a"));
  EXPECT_THAT(seen[2].args, ElementsAre("GET", "b"));
  for (int i : {3, 4, 5}) EXPECT_EQ(seen[static_cast<std::size_t>(i)].kind, Kind::nothing);
  EXPECT_THAT(seen[6].args, ElementsAre("PING"));
}

TEST(Request, EmptyRequestsLeaveNothingBehind) {
  const std::vector<std::string> pieces = {"\r\n",    "\n",       "   \r\n",  "*0\r\n",
                                           "*-1\r\n", "*-10\r\n", "PING\r\n", array_of({"PING"})};
  for (const std::string& first : pieces) {
    for (const std::string& second : pieces) {
      const auto seen = parse_all(first + second);
      ASSERT_EQ(seen.size(), 2u) << first << second;
      EXPECT_EQ(seen[0], parse_all(first)[0]) << first << second;
      EXPECT_EQ(seen[1], parse_all(second)[0]) << first << second;
    }
  }
}

TEST(Request, LineIsSplitIntoWords) {
  EXPECT_THAT(command("SET k v\r\n"), ElementsAre("SET", "k", "v"));
  EXPECT_THAT(command("  SET\tk  \"a b\\n\" \n"), ElementsAre("SET", "k", "a b\n"));
  EXPECT_THAT(command("a\rb\r\n"), ElementsAre("a", "b"));
  EXPECT_THAT(command("\0x\r\n"s), ElementsAre("\0x"s));
  EXPECT_THAT(command("SET \"k\" 'it\\'s' \"\\x41\"\r\n"), ElementsAre("SET", "k", "it's", "A"));
}

TEST(Request, MalformedArraysAreErrorsInRedisWords) {
  EXPECT_EQ(error_of("*3000000000\r\n"), "invalid multibulk length");
  EXPECT_EQ(error_of("*1000001\r\n"), "invalid multibulk length");
  EXPECT_EQ(error_of("*\r\n"), "invalid multibulk length");
  EXPECT_EQ(error_of("*x\r\n"), "invalid multibulk length");
  EXPECT_EQ(error_of("*01\r\n"), "invalid multibulk length");
  EXPECT_EQ(error_of("*99999999999999999999\r\n"), "invalid multibulk length");
  EXPECT_EQ(error_of("*3\r\n$3\r\nSET\r\n$1\r\nx\r\nfooz\r\n"), "expected '$', got 'f'");
  EXPECT_EQ(error_of("*1\r\nfoo\r\n"), "expected '$', got 'f'");
  EXPECT_EQ(error_of("*1\r\n\r\n"), "expected '$', got ' '");
  EXPECT_EQ(error_of("*1\r\n*1\r\n"), "expected '$', got '*'");
  EXPECT_EQ(error_of("*1\r\n$-10\r\n"), "invalid bulk length");
  EXPECT_EQ(error_of("*1\r\n$-1\r\n"), "invalid bulk length");
  EXPECT_EQ(error_of("*1\r\n$2000000000\r\n"), "invalid bulk length");
  EXPECT_EQ(error_of("*1\r\n$9223372036854775808\r\n"), "invalid bulk length");
  EXPECT_EQ(error_of("*1\r\n$blabla\r\n"), "invalid bulk length");
  EXPECT_EQ(error_of("*1\r\n$\r\n"), "invalid bulk length");
  EXPECT_EQ(error_of("*1\r\n$3\r\nPINGS\r\n"), "expected CRLF behind a bulk string");
}

TEST(Request, MalformedLinesAreErrorsInRedisWords) {
  EXPECT_EQ(error_of("set \"\"\"test-key\"\"\" test-value\r\n"), "unbalanced quotes in request");
  EXPECT_EQ(error_of("SET k 'v\r\n"), "unbalanced quotes in request");
}

TEST(Request, EndlessHeadersAndLinesEnd) {
  const std::string endless(kLineBytesMax + 2, 'A');
  EXPECT_EQ(error_of(endless), "too big inline request");
  EXPECT_EQ(error_of("\0"s + endless), "too big inline request");
  EXPECT_EQ(error_of("$\0"s + endless), "too big inline request");
  EXPECT_EQ(error_of("*\0"s + endless), "too big mbulk count string");
  EXPECT_EQ(error_of("*1\r\n$\0"s + endless), "too big bulk count string");
  EXPECT_EQ(error_of("GET " + endless + "\r\n"), "too big inline request");
}

TEST(Request, LineOfTheGreatestLengthIsRead) {
  const std::string word(kLineBytesMax - 5, 'x');
  EXPECT_THAT(command("ECHO " + word + "\r\n"), ElementsAre("ECHO", word));
  EXPECT_EQ(parse_all(std::string(kLineBytesMax, ' ') + "\r\n").at(0).kind, Kind::nothing);
}

TEST(Request, StrangersHaveSmallLimits) {
  EXPECT_EQ(error_of("*11\r\n", kStranger), "unauthenticated multibulk length");
  EXPECT_EQ(error_of("*3000000000\r\n", kStranger), "invalid multibulk length");
  EXPECT_EQ(error_of("*1\r\n$16385\r\n", kStranger), "unauthenticated bulk length");
  EXPECT_EQ(error_of("*1\r\n$-1\r\n", kStranger), "invalid bulk length");
  const std::string large(16 << 10, 'x');
  EXPECT_EQ(error_of(array_of({large, large, large, large, large}), kStranger), "request is too large");
  EXPECT_EQ(parse_all(array_of({"AUTH", "secret"}), kStranger).at(0).kind, Kind::command);
}

TEST(Request, RequestAsAWholeHasALimit) {
  const RequestLimits limits{.args_max = 10, .bulk_bytes_max = 50, .request_bytes_max = 65};
  EXPECT_EQ(error_of("*2\r\n$50\r\n" + std::string(50, 'x') + "\r\n$1\r\n", limits), "request is too large");
  EXPECT_EQ(error_of("*2\r\n$50\r\n", limits), "waits for more");
  EXPECT_EQ(error_of(std::string(65, 'x'), limits), "request is too large");
}

TEST(Request, BrowserIsSentAway) {
  const std::string http = "this is not an HTTP port";
  EXPECT_EQ(error_of("POST / HTTP/1.1\r\n"), http);
  EXPECT_EQ(error_of("post x\r\n"), http);
  EXPECT_EQ(error_of("Host: localhost\r\n"), http);
  for (const std::string verb : {"GET", "PUT", "HEAD", "OPTIONS", "CONNECT", "DELETE"}) {
    EXPECT_EQ(error_of(verb + " /x HTTP/1.0\r\n"), http);
  }
  EXPECT_THAT(command("GET key\r\n"), ElementsAre("GET", "key"));
  EXPECT_THAT(command("get /x HTTP\r\n"), ElementsAre("get", "/x", "HTTP"));
  EXPECT_THAT(command(array_of({"GET", "/", "HTTP/1.1"})), ElementsAre("GET", "/", "HTTP/1.1"));
}

TEST(Request, NothingBehindAHttpLineIsRead) {
  EXPECT_EQ(parse_all("POST / HTTP/1.1\r\n\r\nSET x 1\r\n").size(), 1u);
}

TEST(Request, ATlsHelloIsRefusedByItsFirstTwoBytes) {
  for (const std::string_view hello :
       {std::string_view("\x16\x03", 2), std::string_view("\x16\x03\x01\x02\0\x01\n\0", 8)}) {
    const auto seen = parse_all(std::string(hello));
    ASSERT_EQ(seen.size(), 1u);
    EXPECT_EQ(seen[0].error, "ERR Protocol error: this port speaks RESP without TLS");
  }
}

TEST(Request, ErrorsCarryNoControlBytes) {
  for (int byte = 0; byte < 256; ++byte) {
    for (const std::string before : {"*", "*1\r\n", "*1\r\n$", "*1\r\n$1\r\n", "\""}) {
      for (const Seen& seen : parse_all(before + static_cast<char>(byte) + "\r\nxx\r\n")) {
        for (const char c : seen.error) EXPECT_TRUE(static_cast<unsigned char>(c) >= ' ') << byte;
      }
    }
  }
}

TEST(Request, WantedSaysHowLongTheInputHasToBe) {
  Feeder feeder;
  feeder.feed("*2\r\n$3\r\nSET\r\n$1000\r\nabc");
  EXPECT_EQ(feeder.wanted(), 4u + 4u + 5u + 7u + 1000u + 2u);
  feeder.feed(std::string(997, 'x') + "\r\n");
  EXPECT_EQ(feeder.wanted(), 0u);
  EXPECT_EQ(feeder.seen().size(), 1u);
  EXPECT_THAT(feeder.pending(), IsEmpty());
}

TEST(Request, AnnouncedLengthsReserveNothing) {
  RequestParser parser;
  Args args;
  EXPECT_EQ(parser.next("*1000000\r\n$33554432\r\n", kWide, args).kind, Kind::need_more);
  EXPECT_EQ(args.capacity(), 0u);
}

}  // namespace
}  // namespace limpet::resp
