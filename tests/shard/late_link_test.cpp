// Commands on several keys, and those before and behind them of the same client, while the slot of one of the
// keys arrives at the client's node and the link to where it was is late.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "moving.hpp"

namespace limpet::shard {
namespace {

// `text` with %u as a key of a session that arrives, %w of one that is there, and %n as a number.
std::string filled(std::string text, const std::string& arriving, const std::string& there, int number) {
  const auto fill = [&](std::string_view what, const std::string& with) {
    for (std::size_t at; (at = text.find(what)) != std::string::npos;) text.replace(at, what.size(), with);
  };
  fill("%u", arriving);
  fill("%w", there);
  fill("%n", std::to_string(number));
  return text;
}

struct Story {
  // Said again and again until the slot arrives: then it is on its way to where the slot was.
  std::string earlier;
  std::string later;
  // Is this the reply of the later one, `times` earlier ones having been sent?
  std::function<bool(const resp::Value& reply, int times)> right;
  // What is there in the end, if that is to be looked at.
  std::string look = {};
  std::string there = {};
};

// One client of n1 for each session of n2, which gives all of them to n1.
class LateLink : public testing::Test {
 protected:
  static constexpr std::int64_t kLateMs = 100;

  struct Teller {
    std::string uid;
    SimCluster::ClientIndex client = 0;
    int sent = 0;
    std::size_t answered = 0;
    bool told = false;  // the later one is sent
  };

  static SimCluster::Options two_nodes(std::uint64_t seed) {
    SimCluster::Options options = moving(2, 2, seed);
    options.shards = 1;
    options.delay_ms_max = 1;
    return options;
  }

  // Whether the slot has arrived, as the disk of n1 says.
  static bool arrived(const SimCluster& cluster, const Teller& teller) {
    return handoff::owns(cluster.disk(0).book.title(slot_of(teller.uid)));
  }

  void tell(const Story& story) {
    SimCluster cluster(two_nodes(1));
    ASSERT_TRUE(cluster.settle()) << tail(cluster);
    const std::string there = uid_at(cluster, 0, 0);
    std::vector<Teller> tellers;
    for (unsigned i = 0; i < 40; ++i)
      tellers.push_back({.uid = uid_at(cluster, 1, i), .client = cluster.connect(0)});
    cluster.make_late(0, 1, kLateMs);
    cluster.run_for(1'000);
    for (const unsigned node : {0U, 1U}) {
      cluster.write_file(node, cluster_text({true, false}, 2));
      ASSERT_TRUE(cluster.reload(node));
    }
    int told = 0;
    for (int ms = 0; ms < 60'000; ++ms) {
      bool waiting = false;
      for (Teller& teller : tellers) {
        waiting = waiting || !teller.told;
        go_on(cluster, story, there, teller);
      }
      if (!waiting) break;
      cluster.run_for(1);
    }
    cluster.run_for(1'000);
    for (Teller& teller : tellers) {
      const std::vector<resp::Value> replies = cluster.take_replies(teller.client);
      if (!teller.told || teller.answered == static_cast<std::size_t>(teller.sent)) continue;
      ++told;
      ASSERT_EQ(teller.answered + replies.size(), static_cast<std::size_t>(teller.sent) + 1) << teller.uid;
      EXPECT_TRUE(story.right(replies.back(), teller.sent))
          << filled(story.later, teller.uid, there, teller.sent) << ": " << replies.back().text;
      if (story.look.empty()) continue;
      const auto asker = cluster.connect(1);
      EXPECT_EQ(cluster.ask(asker, filled(story.look, teller.uid, there, teller.sent)), story.there);
    }
    EXPECT_GT(told, 10) << "of the slots hardly one arrived with a command under way";
  }

 private:
  // The n-th uid of a node.
  static std::string uid_at(const SimCluster& cluster, unsigned node, unsigned n) {
    return "{" + cluster.key_of(node, n) + "}";
  }

  static void go_on(SimCluster& cluster, const Story& story, const std::string& there, Teller& teller) {
    if (teller.told) return;
    teller.answered += cluster.take_replies(teller.client).size();
    if (arrived(cluster, teller)) {
      cluster.send(teller.client, filled(story.later, teller.uid, there, teller.sent) + "\r\n");
      teller.told = true;
    } else if (teller.answered == static_cast<std::size_t>(teller.sent)) {
      cluster.send(teller.client, filled(story.earlier, teller.uid, there, ++teller.sent) + "\r\n");
    }
  }
};

bool is_ok(const resp::Value& reply, int /*times*/) { return reply.text == "OK"; }
bool is_one(const resp::Value& reply, int /*times*/) { return reply.integer == 1; }

TEST_F(LateLink, AnMgetSeesTheAppendBeforeIt) {
  tell({.earlier = "APPEND %uk x", .later = "MGET %uk %wk", .right = [](const resp::Value& reply, int times) {
          return reply.elements.size() == 2 &&
                 reply.elements[0].text == std::string(static_cast<std::size_t>(times), 'x');
        }});
}

TEST_F(LateLink, AnMsetIsNotOverwrittenByTheSetBeforeIt) {
  tell({.earlier = "SET %uk old",
        .later = "MSET %uk new %wk new",
        .right = is_ok,
        .look = "GET %uk",
        .there = "new"});
}

TEST_F(LateLink, ASetIsNotOverwrittenByTheMsetBeforeIt) {
  tell({.earlier = "MSET %uk old %wk old",
        .later = "SET %uk new",
        .right = is_ok,
        .look = "GET %uk",
        .there = "new"});
}

TEST_F(LateLink, ARenameFindsWhatWasSetBeforeIt) {
  tell({.earlier = "SET %ua%n v",
        .later = "RENAME %ua%n %wb%u",
        .right = is_ok,
        .look = "GET %wb%u",
        .there = "v"});
}

TEST_F(LateLink, ACopyWaitsForWhatItsTargetIsSetToBeforeIt) {
  tell({.earlier = "SET %ua%n v",
        .later = "COPY %wnone %ua%n REPLACE",
        .right = [](const resp::Value& reply, int) { return reply.integer == 0; },
        .look = "GET %ua%n",
        .there = "v"});
}

TEST_F(LateLink, ExistsTouchAndDelSeeWhatWasSetBeforeThem) {
  tell({.earlier = "SET %ua%n v", .later = "EXISTS %ua%n %wnone", .right = is_one});
  tell({.earlier = "SET %ua%n v", .later = "TOUCH %wnone %ua%n", .right = is_one});
  tell({.earlier = "SET %ua%n v",
        .later = "DEL %ua%n %wnone",
        .right = is_one,
        .look = "EXISTS %ua%n",
        .there = "0"});
  tell({.earlier = "SET %ua%n v",
        .later = "UNLINK %ua%n %wnone",
        .right = is_one,
        .look = "EXISTS %ua%n",
        .there = "0"});
}

TEST_F(LateLink, AGetSeesTheRenameAndTheCopyBeforeIt) {
  tell({.earlier = "MSET %ua%n v %wa v",
        .later = "RENAME %ua%n %ub%n",
        .right = is_ok,
        .look = "GET %ub%n",
        .there = "v"});
  tell({.earlier = "COPY %wnone %ua%n", .later = "SETNX %ua%n v", .right = is_one});
}

TEST_F(LateLink, CommandsOnAllKeysSeeTheSetBeforeThem) {
  tell({.earlier = "SET %ua%n v", .later = "KEYS %ua%n", .right = [](const resp::Value& reply, int) {
          return reply.elements.size() == 1;
        }});
  tell({.earlier = "SET %ua%n v", .later = "FLUSHALL", .right = is_ok, .look = "EXISTS %ua%n", .there = "0"});
}

}  // namespace
}  // namespace limpet::shard
