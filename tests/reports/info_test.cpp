// INFO is made of values, section by section.
#include <gtest/gtest.h>

#include <limpet/reports/figures.hpp>
#include <limpet/reports/info.hpp>
#include <string>
#include <vector>

namespace limpet::reports {
namespace {

cluster::View view_of_one() {
  cluster::View view;
  view.name = "shop";
  view.nodes.resize(1);
  view.nodes[0].name = "n1";
  view.nodes[0].client = {"10.0.0.1", 7379};
  return view;
}

std::string info(const ShardStats& stats, const std::vector<std::string>& sections) {
  const cluster::View view = view_of_one();
  const NodeFacts facts{.view = view,
                        .shards = 4,
                        .version = "1.2.3",
                        .config_file = "/etc/limpet.toml",
                        .pid = 17,
                        .started_ms = 1'000,
                        .max_clients = 100,
                        .memory_max = 3'072,
                        .evict_when_full = true,
                        .process = {.resident_bytes = 2'048, .user_seconds = 1.5}};
  return info_text(facts, stats, sections, {.steady_ms = 91'000, .unix_ms = 5});
}

bool says(const std::string& text, const std::string& line) {
  return text.find("\r\n" + line + "\r\n") != std::string::npos;
}

TEST(Info, SaysWhoTheNodeIs) {
  const std::string text = info({}, {"server"});
  EXPECT_EQ(text.rfind("# Server\r\n", 0), 0U);
  EXPECT_TRUE(says(text, "limpet_version:1.2.3"));
  EXPECT_TRUE(says(text, "tcp_port:7379"));
  EXPECT_TRUE(says(text, "uptime_in_seconds:90"));
  EXPECT_TRUE(says(text, "shards:4"));
}

TEST(Info, ShowsTheUsualSectionsUnlessItIsAskedForOthers) {
  const std::string usual = info({}, {});
  EXPECT_NE(usual.find("# Keyspace\r\n"), std::string::npos);
  EXPECT_EQ(usual.find("# Commandstats\r\n"), std::string::npos);
  EXPECT_EQ(info({}, {"DEFAULT"}), usual);
  EXPECT_NE(info({}, {"all"}).find("# Commandstats\r\n"), std::string::npos);
  EXPECT_EQ(info({}, {"nothing"}), "");
  EXPECT_EQ(info({}, {"cpu", "memory"}).rfind("# Memory\r\n", 0), 0U) << "in the usual order";
}

TEST(Info, SaysHowMuchMemoryThereIs) {
  ShardStats stats;
  stats.store.bytes = 1'536;
  const std::string text = info(stats, {"memory"});
  EXPECT_TRUE(says(text, "used_memory_human:1.50K"));
  EXPECT_TRUE(says(text, "used_memory_rss:2048"));
  EXPECT_TRUE(says(text, "maxmemory_human:3.00K"));
  EXPECT_TRUE(says(text, "maxmemory_policy:volatile-lru"));
  EXPECT_EQ(text.find("mem_fragmentation_ratio"), std::string::npos) << "beside few sessions it says nothing";
}

TEST(Info, CommandsThatWereNeverCalledAreLeftOut) {
  ShardStats stats;
  stats.commands.resize(command::all().size());
  stats.commands[command::index_of(*command::find("get"))] = {.calls = 4, .usec = 10};
  const std::string text = info(stats, {"commandstats"});
  EXPECT_EQ(
      text,
      "# Commandstats\r\ncmdstat_get:calls=4,usec=10,usec_per_call=2.50,rejected_calls=0,failed_calls=0\r\n");
}

TEST(Info, AnEmptyKeyspaceHasNoLine) {
  EXPECT_EQ(info({}, {"keyspace"}), "# Keyspace\r\n");
  ShardStats stats;
  stats.store.keys = 3;
  stats.store.sessions = 2;
  EXPECT_TRUE(says(info(stats, {"keyspace"}), "db0:keys=3,expires=0,avg_ttl=0,sessions=2"));
}

TEST(Figures, ComeAcrossAsTheyWere) {
  ShardStats stats;
  stats.counters.commands_processed = 7;
  stats.store.keys = 8;
  stats.disk.slots_loading = 9;
  stats.handoff.to_give = 10;
  stats.rates.operations = 1.5;
  stats.commands.resize(2);
  stats.commands[1].calls = 11;
  Bytes bytes;
  append_figures(bytes, stats);
  EXPECT_NE(bytes.view().front(), '-');
  const ShardStats read = read_figures(bytes.view());
  EXPECT_EQ(read.counters.commands_processed, 7U);
  EXPECT_EQ(read.store.keys, 8U);
  EXPECT_EQ(read.disk.slots_loading, 9U);
  EXPECT_EQ(read.handoff.to_give, 10U);
  EXPECT_EQ(read.rates.operations, 1.5);
  ASSERT_EQ(read.commands.size(), 2U);
  EXPECT_EQ(read.commands[1].calls, 11U);
}

}  // namespace
}  // namespace limpet::reports
