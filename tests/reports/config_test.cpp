// CONFIG shows what the node does, and sets the little of it that can be set.
#include <gtest/gtest.h>

#include <limpet/reports/config.hpp>
#include <string>
#include <vector>

namespace limpet::reports {
namespace {

std::string set(ConfigValues& values, std::vector<std::string_view> pairs) {
  pairs.insert(pairs.begin(), {"CONFIG", "SET"});
  return set_config(values, pairs);
}

std::string get(const ConfigValues& values, std::string_view pattern) {
  cluster::Node me;
  me.client = {"10.0.0.1", 7379};
  Bytes out;
  resp::ReplyWriter reply(out, resp::Version::resp2);
  const std::vector<std::string_view> args{"CONFIG", "GET", pattern};
  reply_config(values, me, args, reply);
  return std::string(out.view());
}

TEST(Config, ShowsWhatFitsThePatternInAnyCase) {
  const ConfigValues values{.max_clients = 100, .memory_max = 64};
  EXPECT_EQ(get(values, "MAXCLIENTS"), "*2\r\n$10\r\nmaxclients\r\n$3\r\n100\r\n");
  EXPECT_EQ(get(values, "maxmem*"),
            "*4\r\n$9\r\nmaxmemory\r\n$2\r\n64\r\n$16\r\nmaxmemory-policy\r\n$10\r\nnoeviction\r\n");
  EXPECT_EQ(get(values, "port"), "*2\r\n$4\r\nport\r\n$4\r\n7379\r\n");
  EXPECT_EQ(get(values, "nothing"), "*0\r\n");
}

TEST(Config, SetsMemoryPolicyAndTimeout) {
  ConfigValues values;
  EXPECT_EQ(set(values, {"maxmemory", "2kb", "MaxMemory-Policy", "volatile-lru", "timeout", "30"}), "");
  EXPECT_EQ(values.memory_max, 2'048U);
  EXPECT_TRUE(values.evict_when_full);
  EXPECT_EQ(values.idle_timeout_ms, 30'000);
}

TEST(Config, SaysWhatIsWrong) {
  ConfigValues values;
  EXPECT_NE(set(values, {"maxmemory", "much"}).find("must be a memory value"), std::string::npos);
  EXPECT_NE(set(values, {"maxmemory-policy", "allkeys-lru"}).find("one of the following"), std::string::npos);
  EXPECT_NE(set(values, {"timeout", "86401"}).find("between 0 and 86400"), std::string::npos);
  EXPECT_NE(set(values, {"timeout", "1", "timeout", "2"}).find("duplicate"), std::string::npos);
  EXPECT_NE(set(values, {"port", "1"}).find("immutable"), std::string::npos);
  EXPECT_EQ(set(values, {"nothing", "1"}),
            "ERR Unknown option or number of arguments for CONFIG SET - 'nothing'");
  EXPECT_EQ(set(values, {"timeout"}), "ERR Unknown option or number of arguments for CONFIG SET - 'timeout'");
}

}  // namespace
}  // namespace limpet::reports
