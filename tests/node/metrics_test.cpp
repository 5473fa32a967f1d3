// The page /metrics is valid Prometheus text: these tests read it line by line, as a scraper does.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <regex>
#include <set>
#include <sstream>

#include "a_snapshot.hpp"

namespace limpet::node {
namespace {

struct Family {
  int helps = 0;
  int types = 0;
  std::string help;
  std::string type;
  std::map<std::string, std::string> samples;  // labels as written -> value
};

// A histogram's samples have names of their own.
std::pair<std::string, std::string> family_and_suffix(const std::map<std::string, Family>& families,
                                                      const std::string& name) {
  for (const std::string suffix : {"_bucket", "_sum", "_count"}) {
    if (!name.ends_with(suffix)) continue;
    const std::string base = name.substr(0, name.size() - suffix.size());
    const auto family = families.find(base);
    if (family != families.end() && family->second.type == "histogram") return {base, suffix};
  }
  return {name, ""};
}

std::map<std::string, Family> read_page(const std::string& page) {
  static const std::regex help_line(R"(# HELP (\S+) (.+))");
  static const std::regex type_line(R"(# TYPE (\S+) (counter|gauge|histogram))");
  static const std::regex sample_line(R"(([^{ ]+)(\{.*\})? (\S+))");
  std::map<std::string, Family> families;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    std::smatch m;
    if (std::regex_match(line, m, help_line)) {
      ++families[m[1]].helps;
      families[m[1]].help = m[2];
    } else if (std::regex_match(line, m, type_line)) {
      ++families[m[1]].types;
      families[m[1]].type = m[2];
    } else if (std::regex_match(line, m, sample_line)) {
      const auto [family, suffix] = family_and_suffix(families, m[1]);
      EXPECT_TRUE(families[family].samples.emplace(suffix + m[2].str(), m[3]).second) << "twice: " << line;
    } else {
      ADD_FAILURE() << "not a line of the text format: " << line;
    }
  }
  return families;
}

class MetricsTest : public ::testing::Test {
 protected:
  void scrape(const NodeSnapshot& snapshot) { families_ = read_page(metrics_text(snapshot)); }
  std::optional<double> value(const std::string& name, const std::string& labels = "") {
    const auto family = families_.find(name);
    if (family == families_.end()) return std::nullopt;
    const auto sample = family->second.samples.find(labels);
    if (sample == family->second.samples.end()) return std::nullopt;
    return std::stod(sample->second);
  }

  cluster::View view_ = three_nodes();
  std::map<std::string, Family> families_;
};

TEST_F(MetricsTest, EveryFamilyIsNamedAndExplainedOnce) {
  scrape(a_snapshot(view_));
  ASSERT_GT(families_.size(), 30u);
  for (const auto& [name, family] : families_) {
    EXPECT_TRUE(std::regex_match(name, std::regex("(limpet|process)_[a-z_]+"))) << name;
    EXPECT_EQ(family.helps, 1) << name;
    EXPECT_EQ(family.types, 1) << name;
    EXPECT_EQ(family.help.back(), '.') << name;
  }
}

TEST_F(MetricsTest, CountersEndInTotalAndGaugesDoNot) {
  scrape(a_snapshot(view_));
  for (const auto& [name, family] : families_) {
    EXPECT_EQ(name.ends_with("_total"), family.type == "counter") << name;
  }
}

TEST_F(MetricsTest, UnitsAreSecondsAndBytes) {
  scrape(a_snapshot(view_));
  for (const auto& [name, family] : families_) {
    EXPECT_FALSE(std::regex_search(name, std::regex("_(ms|us|usec|msec|milliseconds|kb|mb|percent)(_|$)")))
        << name;
  }
}

TEST_F(MetricsTest, ShardsAreAddedUp) {
  scrape(a_snapshot(view_));
  EXPECT_EQ(value("limpet_keys"), 42);
  EXPECT_EQ(value("limpet_sessions"), 21);
  EXPECT_EQ(value("limpet_clients_connected"), 2);
  EXPECT_EQ(value("limpet_forwarded_commands_total"), 200);
  EXPECT_EQ(value("limpet_shards_answering"), 2);
}

TEST_F(MetricsTest, MovesAreShownWithTheirRateAndTheTimeThatIsLeft) {
  scrape(a_snapshot(view_));
  EXPECT_EQ(value("limpet_sessions_to_give"), 42);
  EXPECT_EQ(value("limpet_handover_sessions_per_second"), 7);
  EXPECT_EQ(value("limpet_handover_bytes_per_second"), 8'192);
  EXPECT_EQ(value("limpet_handover_left_seconds"), 6);
  EXPECT_EQ(value("limpet_handover_seconds_total"), 3);
  EXPECT_EQ(value("limpet_handover_rate_max_bytes"), 2'000'000);
  EXPECT_EQ(value("limpet_operations_per_second"), 500);
}

TEST_F(MetricsTest, WhileNothingMovesNoTimeIsLeft) {
  NodeSnapshot snapshot = a_snapshot(view_);
  for (reports::ShardStats& shard : snapshot.shards) shard.handoff = {};
  scrape(snapshot);
  EXPECT_EQ(value("limpet_handover_left_seconds"), std::nullopt);
}

TEST_F(MetricsTest, CommandsAreCountedByName) {
  if (command::find("get") == nullptr) GTEST_SKIP() << "no command table";
  scrape(a_snapshot(view_));
  EXPECT_EQ(value("limpet_commands_total", R"({cmd="get"})"), 20);
  EXPECT_EQ(value("limpet_command_failures_total", R"({cmd="get"})"), 4);
  EXPECT_EQ(value("limpet_command_rejections_total", R"({cmd="get"})"), 2);
  EXPECT_EQ(value("limpet_command_seconds_total", R"({cmd="get"})"), 4);
}

TEST_F(MetricsTest, LatenciesAreAHistogramOfFixedBuckets) {
  NodeSnapshot snapshot = a_snapshot(view_);
  snapshot.shards[0].latencies.note(700, 64);
  snapshot.shards[0].latencies.note(1'000, 64);
  snapshot.shards[1].latencies.note(1'001, 64);
  snapshot.shards[1].latencies.note(10'000'000'000, 64);
  scrape(snapshot);
  const std::string name = "limpet_command_duration_seconds";
  EXPECT_EQ(value(name, R"(_bucket{le="1e-06"})"), 128);
  EXPECT_EQ(value(name, R"(_bucket{le="2e-06"})"), 192);
  EXPECT_EQ(value(name, R"(_bucket{le="0.25"})"), 192);
  EXPECT_EQ(value(name, R"(_bucket{le="+Inf"})"), 256);
  EXPECT_EQ(value(name, "_count"), 256);
  EXPECT_NEAR(value(name, "_sum").value_or(0), 640, 0.01);
  EXPECT_EQ(families_[name].samples.size(), reports::Latencies::kUpTo.size() + 3);
}

TEST_F(MetricsTest, TheBoundOfTheMemoryIsShown) {
  NodeSnapshot snapshot = a_snapshot(view_);
  for (reports::ShardStats& shard : snapshot.shards) shard.memory_max = 1'000'000;
  scrape(snapshot);
  EXPECT_EQ(value("limpet_memory_max_bytes"), 1'000'000);
}

TEST_F(MetricsTest, PeersAreNamedAndThisNodeIsNotItsOwnPeer) {
  scrape(a_snapshot(view_));
  EXPECT_EQ(value("limpet_peer_up", R"({peer="n1"})"), 1);
  EXPECT_EQ(value("limpet_peer_up", R"({peer="n2"})"), std::nullopt);
  EXPECT_EQ(value("limpet_peer_up", R"({peer="n3"})"), 0);
  EXPECT_EQ(value("limpet_peer_failures_total", R"({peer="n3"})"), 18);
  EXPECT_EQ(value("limpet_peer_round_trip_seconds", R"({peer="n1"})"), 0.00025);
  EXPECT_EQ(value("limpet_peer_round_trip_seconds", R"({peer="n3"})"), std::nullopt);
}

TEST_F(MetricsTest, ThePlacementIsShown) {
  scrape(a_snapshot(view_));
  EXPECT_EQ(value("limpet_slots", R"({node="n1"})"), 5462);
  EXPECT_EQ(value("limpet_slots", R"({node="n3"})"), 5461);
  EXPECT_EQ(value("limpet_cluster_epoch"), 7);
  EXPECT_EQ(value("limpet_placement_info", R"({digest="fedcba9876543210",cluster="demo",node="n2"})"), 1);
}

TEST_F(MetricsTest, LabelValuesAreEscaped) {
  view_.nodes[0].name = "a\"b\\c\nd";
  scrape(a_snapshot(view_));
  EXPECT_EQ(value("limpet_peer_up", R"({peer="a\"b\\c\nd"})"), 1);
}

TEST_F(MetricsTest, TheKernelsFiguresAreThere) {
  scrape(a_snapshot(view_));
  EXPECT_GT(value("process_resident_memory_bytes"), 1e5);
  EXPECT_GE(value("process_open_fds"), 3);
  EXPECT_GE(value("process_threads"), 1);
  EXPECT_GT(value("process_max_fds"), 0);
  EXPECT_EQ(value("process_start_time_seconds"), 1'767'225'600);
}

TEST_F(MetricsTest, AStuckShardStillGivesAPage) {
  NodeSnapshot snapshot = a_snapshot(view_);
  snapshot.shards.clear();
  scrape(snapshot);
  EXPECT_EQ(value("limpet_shards"), 2);
  EXPECT_EQ(value("limpet_shards_answering"), 0);
}

}  // namespace
}  // namespace limpet::node
