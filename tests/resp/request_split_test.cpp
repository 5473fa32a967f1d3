// However the bytes of a client are cut, the parser takes the same steps.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "requests.hpp"

namespace limpet::resp {
namespace {

using namespace std::string_literals;
using testing::array_of;
using testing::Feeder;
using testing::kStranger;
using testing::kWide;
using testing::parse_all;
using testing::Seen;

using Random = std::mt19937_64;

std::size_t below(Random& random, std::size_t bound) { return random() % bound; }

std::string random_word(Random& random) {
  static const std::string kAlphabet = "abcXYZ019 \"'\\\r\n\0*$:-\xff"s;
  std::string word;
  for (std::size_t length = below(random, 12); length > 0; --length)
    word += kAlphabet[below(random, kAlphabet.size())];
  return word;
}

std::string random_request(Random& random) {
  switch (below(random, 12)) {
    case 0:
      return "*0\r\n";
    case 1:
      return "\r\n";
    case 2:
      return "*-1\r\n";
    case 3:
      return "SET \"k\\x41\" 'a b'\r\n";
    case 4:
      return "GET " + std::to_string(random()) + "\n";
    case 5:
      return below(random, 4) == 0 ? random_word(random) : "PING\r\n";
    case 6:
      return below(random, 4) == 0 ? "*" + random_word(random) + "\r\n" : "*1\n$4\nPING\r\n";
    default: {
      std::vector<std::string> args(1 + below(random, 6));
      for (std::string& arg : args) arg = random_word(random);
      return array_of(args);
    }
  }
}

// Sometimes a byte of it is wrong.
std::string random_stream(Random& random) {
  std::string stream;
  for (std::size_t requests = 1 + below(random, 8); requests > 0; --requests)
    stream += random_request(random);
  if (below(random, 3) == 0) stream[below(random, stream.size())] = static_cast<char>(random());
  return stream;
}

TEST(RequestSplit, RandomCutsChangeNothing) {
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    Random random(seed);
    const std::string stream = random_stream(random);
    const RequestLimits& limits = below(random, 4) == 0 ? kStranger : kWide;
    Feeder feeder(limits);
    for (std::size_t at = 0; at < stream.size();) {
      const std::size_t length = 1 + below(random, 1 + below(random, stream.size()));
      feeder.feed(std::string_view(stream).substr(at, length));
      at += length;
    }
    ASSERT_EQ(feeder.seen(), parse_all(stream, limits)) << "seed " << seed;
  }
}

TEST(RequestSplit, ByteByByteChangesNothing) {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    Random random(seed);
    const std::string stream = random_stream(random);
    Feeder feeder;
    for (const char byte : stream) feeder.feed({&byte, 1});
    ASSERT_EQ(feeder.seen(), parse_all(stream)) << "seed " << seed;
  }
}

TEST(RequestSplit, OneParserServesLongStreamsOfRequests) {
  Random random(7);
  Feeder feeder;
  std::string stream;
  for (int i = 0; i < 300; ++i)
    stream += array_of({"SET", random_word(random), random_word(random)}) + "PING\r\n\r\n";
  for (std::size_t at = 0; at < stream.size(); at += 13) feeder.feed(std::string_view(stream).substr(at, 13));
  EXPECT_EQ(feeder.seen().size(), 900u);
  EXPECT_EQ(feeder.seen(), parse_all(stream));
}

// Calls the parser each time another piece of `input` has come.
RequestStep feed_in_pieces(const std::string& input, std::size_t piece, Args& args) {
  RequestParser parser;
  RequestStep step{RequestStep::Kind::need_more};
  for (std::size_t end = piece; step.kind == RequestStep::Kind::need_more; end += piece) {
    step = parser.next(std::string_view(input).substr(0, end), testing::kWide, args);
    if (end >= input.size()) break;
  }
  return step;
}

TEST(RequestSplit, AMillionArgumentsInSmallPiecesAreReadOnceEach) {
  std::string input = "*1000000\r\n";
  for (int i = 0; i < 1'000'000; ++i) input += "$1\r\nx\r\n";
  Args args;
  const auto start = std::chrono::steady_clock::now();
  const RequestStep step = feed_in_pieces(input, 100, args);
  EXPECT_EQ(step.kind, RequestStep::Kind::command);
  EXPECT_EQ(step.consumed, input.size());
  EXPECT_EQ(args.size(), 1'000'000u);
  // 70,000 pieces: work in proportion to pieces times bytes would take minutes.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(RequestSplit, ALargeArgumentByteByByteIsNotReadAgain) {
  const std::string value(4 << 20, 'v');
  const std::string input = array_of({"SET", "k", value});
  Args args;
  const RequestStep step = feed_in_pieces(input, 1, args);
  ASSERT_EQ(step.kind, RequestStep::Kind::command);
  EXPECT_EQ(args.at(2).size(), value.size());
}

TEST(RequestSplit, ALongLineByteByByteIsSearchedOnce) {
  const std::string input = "ECHO " + std::string(60'000, 'x') + "\r\n";
  Args args;
  ASSERT_EQ(feed_in_pieces(input, 1, args).kind, RequestStep::Kind::command);
  EXPECT_EQ(args.at(1).size(), 60'000u);
}

}  // namespace
}  // namespace limpet::resp
