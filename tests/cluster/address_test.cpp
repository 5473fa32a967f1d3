#include <gtest/gtest.h>

#include <limpet/cluster/view.hpp>

namespace limpet::cluster {
namespace {

TEST(ParseAddress, TakesNamesAndBothKindsOfIpAddress) {
  EXPECT_EQ(parse_address("127.0.0.1:7601"), (Address{"127.0.0.1", 7601}));
  EXPECT_EQ(parse_address("cache-1.example_x.org:1"), (Address{"cache-1.example_x.org", 1}));
  EXPECT_EQ(parse_address("[::1]:65535"), (Address{"::1", 65535}));
  EXPECT_EQ(parse_address("[fe80::1%eth0]:7601"), (Address{"fe80::1%eth0", 7601}));
  EXPECT_EQ(parse_address("[::ffff:10.0.0.1]:7601"), (Address{"::ffff:10.0.0.1", 7601}));
}

TEST(ParseAddress, AndTextAreEachOthersInverse) {
  for (const char* text : {"127.0.0.1:7601", "localhost:80", "[::1]:7601", "[fe80::1%eth0]:9"}) {
    EXPECT_EQ(parse_address(text).value().text(), text);
  }
}

TEST(ParseAddress, SaysWhatIsWrongAndWhatToWriteInstead) {
  struct Case {
    const char* text;
    const char* words;
  };
  const Case cases[] = {
      {"", "no port"},
      {"localhost", "no port"},
      {":7601", "no host"},
      {"[]:7601", "no host"},
      {"127.0.0.1:", "1 to 65535"},
      {"127.0.0.1:0", "1 to 65535"},
      {"127.0.0.1:65536", "1 to 65535"},
      {"127.0.0.1:-1", "1 to 65535"},
      {"127.0.0.1:+1", "1 to 65535"},
      {"127.0.0.1:07601", "1 to 65535"},
      {"127.0.0.1:7601 ", "1 to 65535"},
      {"127.0.0.1:http", "1 to 65535"},
      {"127.0.0.1:99999999999999999999999", "1 to 65535"},
      {"::1:7601", "brackets"},
      {"[::1]", "[::1]:7601"},
      {"[::1]7601", "[::1]:7601"},
      {"[::1%]:7601", "no valid host"},
      {"[12]:7601", "no valid host"},
      {"[localhost]:7601", "no valid host"},
      {"my host:7601", "no valid host"},
      {"h\xc3\xb6st:7601", "no valid host"},
      {"http://a:1", "more than one colon"},
  };
  for (const Case& bad : cases) {
    const auto address = parse_address(bad.text);
    ASSERT_FALSE(address) << bad.text;
    EXPECT_NE(address.error().text.find(bad.words), std::string::npos) << address.error().text;
  }
  EXPECT_FALSE(parse_address(std::string(254, 'a') + ":1"));
}

TEST(Address, LoopbackIsKnownInAllItsForms) {
  for (const char* host : {"127.0.0.1", "127.1", "127.255.255.254", "::1", "0:0:0:0:0:0:0:1", "0::0:1",
                           "::1%lo", "::ffff:127.0.0.1", "0:0:0:0:0:ffff:127.0.0.1", "::ffff:7f00:1",
                           "::FFFF:127.3.2.1", "localhost", "LocalHost", "localhost.", "n1.localhost"}) {
    EXPECT_TRUE(is_loopback(host)) << host;
  }
  for (const char* host : {"10.0.0.1", "127.evil.example", "1127.0.0.1", "::", "::2", "1::1", "fe80::1",
                           "::ffff:10.0.0.1", "::127.0.0.1", "2001:db8::ffff:127.0.0.1", "localhost.example",
                           "mylocalhost", "0.0.0.0", "", "::1::1", "1:2:3:4:5:6:7", "0:0:0:0:0:0:0:0:1"}) {
    EXPECT_FALSE(is_loopback(host)) << host;
  }
}

}  // namespace
}  // namespace limpet::cluster
