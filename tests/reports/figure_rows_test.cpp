// Every number that a shard counts has a row, and shards are added up as the rows say.
#include <gtest/gtest.h>

#include <cstring>
#include <limpet/command/command.hpp>
#include <limpet/reports/cluster.hpp>
#include <limpet/reports/figure_rows.hpp>
#include <limpet/reports/info.hpp>
#include <limpet/resp/value.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::reports {
namespace {

using MovesRow = FigureRow<HandoffStats>;

template <class Stats, std::size_t rows>
Stats numbered(const std::array<FigureRow<Stats>, rows>& table, std::uint64_t first) {
  Stats stats;
  for (std::size_t i = 0; i < rows; ++i) stats.*table[i].field = first + i;
  return stats;
}

TEST(FigureRows, EveryNumberHasOne) {
  const Counters counters = numbered(kCounterRows, 1);
  std::vector<std::uint64_t> numbers(sizeof counters / sizeof(std::uint64_t));
  std::memcpy(numbers.data(), &counters, sizeof counters);
  EXPECT_EQ(std::set(numbers.begin(), numbers.end()).size(), kCounterRows.size());
  EXPECT_EQ(numbers.size(), kCounterRows.size());
  EXPECT_EQ(sizeof(CopiesStats) / sizeof(std::uint64_t), kCopiesRows.size());
  const HandoffStats moves = numbered(kHandoffRows, 1);
  numbers.resize(sizeof moves / sizeof(std::uint64_t));
  std::memcpy(numbers.data(), &moves, sizeof moves);
  std::set<std::uint64_t> told(numbers.begin(), numbers.end());
  told.erase(0);  // the text
  EXPECT_EQ(told.size(), kHandoffRows.size());
  EXPECT_EQ(numbers.size(), kHandoffRows.size() + sizeof moves.last_failure / sizeof(std::uint64_t));
}

TEST(FigureRows, NoTwoHaveOneName) {
  std::set<std::string_view> metrics;
  std::set<std::string_view> status;
  for (const auto& row : kCounterRows) {
    metrics.insert(row.metric);
    status.insert(row.status);
  }
  for (const auto& row : kHandoffRows) {
    metrics.insert(row.metric);
    status.insert(row.status);
  }
  for (const auto& row : kCopiesRows) {
    metrics.insert(row.metric);
    status.insert(row.status);
  }
  EXPECT_EQ(metrics.size(), kCounterRows.size() + kHandoffRows.size() + kCopiesRows.size());
  EXPECT_EQ(status.size(), metrics.size());
}

TEST(FigureRows, ShardsAreAddedUpButForTheLongestWait) {
  HandoffStats sum = numbered(kHandoffRows, 10);
  sum.add(numbered(kHandoffRows, 100));
  for (std::size_t i = 0; i < kHandoffRows.size(); ++i) {
    const bool largest = kHandoffRows[i].of_shards == MovesRow::OfShards::largest;
    EXPECT_EQ(largest, kHandoffRows[i].field == &HandoffStats::held_ms_max);
    EXPECT_EQ(sum.*kHandoffRows[i].field, (largest ? 0 : 10 + i) + 100 + i) << kHandoffRows[i].status;
  }
  Counters counters = numbered(kCounterRows, 1);
  counters.add(numbered(kCounterRows, 5));
  EXPECT_EQ(counters.connected_clients, 6U);
  EXPECT_EQ(counters.error_replies, 6U + 2 * (kCounterRows.size() - 1));
}

TEST(FigureRows, WhyOneFailedIsThatOfTheFirstShardThatSaysSo) {
  HandoffStats sum;
  HandoffStats failed;
  std::strcpy(failed.last_failure.data(), "why");
  sum.add(failed);
  std::strcpy(failed.last_failure.data(), "why else");
  sum.add(failed);
  EXPECT_STREQ(sum.last_failure.data(), "why");
}

// What INFO and CLUSTER STATUS make of them, and in what order.
TEST(FigureRows, InfoShowsThoseThatHaveANameThereSlotsFirst) {
  ShardStats stats;
  stats.counters = numbered(kCounterRows, 1'000);
  stats.handoff = numbered(kHandoffRows, 500);
  cluster::View view;
  view.nodes.resize(1);
  const NodeFacts facts{.view = view, .version = "1", .config_file = "", .process = {}};
  const std::string text = info_text(facts, stats, std::vector<std::string>{"stats", "cluster"}, {});
  std::size_t at = 0;
  for (const std::string_view line :
       {"protocol_errors:1015", "forwarded_commands:1005", "sibling_commands:1006", "commands_for_peers:1007",
        "forward_retries:1008", "forward_errors:1009", "forward_indoubt:1010", "limpet_slots:500",
        "limpet_slots_to_give:501", "limpet_slots_giving:503", "limpet_slots_receiving:504",
        "limpet_slots_unheld:505", "limpet_slots_forgotten:506", "limpet_slots_unreachable:507",
        "limpet_sessions_to_give:502", "limpet_sessions_given_per_second:0"}) {
    const std::size_t found = text.find("\r\n" + std::string(line) + "\r\n", at);
    ASSERT_NE(found, std::string::npos) << line;
    at = found + line.size();
  }
}

TEST(FigureRows, ClusterStatusExplainsThemWhereTheyStand) {
  ShardStats stats;
  stats.handoff = numbered(kHandoffRows, 500);
  cluster::View view;
  view.nodes.resize(1);
  Bytes out;
  resp::ReplyWriter reply(out, resp::Version::resp3);
  reply_status(view, 0, {.stopping = false, .is_fresh = false, .why_unheld = "nobody is there"}, stats,
               reply);
  const auto value = resp::read_value(out.view());
  ASSERT_TRUE(value.has_value());
  std::vector<std::string> names;
  for (std::size_t i = 10; i < 34; i += 2) names.push_back(value->elements.at(i).text);
  EXPECT_EQ(names, (std::vector<std::string>{"slots", "slots_placed", "slots_to_give", "slots_giving",
                                             "slots_receiving", "slots_unheld", "why_unheld",
                                             "slots_forgotten", "data_directory", "slots_unreachable",
                                             "sessions_to_give", "sessions_given_per_second"}));
  EXPECT_EQ(value->elements.at(23).text, "nobody is there");
  EXPECT_EQ(value->elements.size(), 60U);
}

}  // namespace
}  // namespace limpet::reports
