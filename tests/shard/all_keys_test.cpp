// Commands about all keys, while the slots of some go from node to node.
#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "moving.hpp"

namespace limpet::shard {
namespace {

// n3 gives some of what it has to n1 and n2; what n1 has to say to n3 comes late. So n2 is asked what it has
// before it gets what n3, which is asked afterwards, has given away by then. All keys are among what moves.
class AllKeys : public testing::Test {
 protected:
  static constexpr std::int64_t kLateMs = 75;
  static constexpr std::size_t kMany = 100;

  static SimCluster::Options three_nodes() {
    SimCluster::Options options = moving(3, 3);
    options.delay_ms_max = 1;
    return options;
  }

  void SetUp() override {
    ASSERT_TRUE(cluster_.settle()) << tail(cluster_);
    const cluster::View view = std::move(cluster::parse_file(file_, "sim.toml")->view);
    const auto client = cluster_.connect(1);
    for (unsigned i = 0; keys_.size() < kMany; ++i) {
      const std::string key = cluster_.key_of(2, i);
      if (view.nodes[view.owner(slot_of(key))].name != "n2") continue;
      keys_.insert(key);
      ASSERT_EQ(cluster_.ask(client, "SET " + key + " x"), "OK");
    }
  }

  void let_third_give_some(unsigned late = 2) {
    cluster_.make_late(0, late, kLateMs);
    cluster_.run_for(4 * kLateMs);
    for (unsigned node = 0; node < 3; ++node) {
      cluster_.write_file(node, file_);
      ASSERT_TRUE(cluster_.reload(node));
    }
    ASSERT_TRUE(cluster_.run_until([&] { return cluster_.stats(2).handoff.giving > 0; }, 5'000));
  }

  // Many clients of n1 ask the same again and again while slots move.
  void ask_while_they_move(const std::string& command,
                           const std::function<void(const resp::Value& reply)>& check) {
    std::vector<SimCluster::ClientIndex> clients;
    for (int i = 0; i < 10; ++i) clients.push_back(cluster_.connect(0));
    std::vector<bool> waits(clients.size());
    int answers = 0;
    ASSERT_NO_FATAL_FAILURE(let_third_give_some());
    for (int ms = 0; ms < 60'000 && !(ms % 20 == 0 && cluster_.settled()) && !HasFailure(); ++ms) {
      // One after the other begins, so that at each moment some have asked n2 and not n3.
      const std::size_t next = static_cast<std::size_t>(ms) % clients.size();
      if (!waits[next]) cluster_.send(clients[next], command + "\r\n");
      waits[next] = true;
      cluster_.run_for(1);
      for (std::size_t i = 0; i < clients.size(); ++i) {
        for (const resp::Value& reply : cluster_.take_replies(clients[i])) {
          waits[i] = false;
          ++answers;
          check(reply);
        }
      }
    }
    EXPECT_TRUE(cluster_.settled()) << tail(cluster_);
    EXPECT_GT(answers, 20);
  }

  // The keys that a whole SCAN shows.
  std::multiset<std::string> scanned(SimCluster::ClientIndex client, const std::string& count) {
    std::multiset<std::string> keys;
    std::string cursor = "0";
    for (int calls = 0; calls < 10'000; ++calls) {
      const auto reply = cluster_.ask_for(client, "SCAN " + cursor + " COUNT " + count);
      if (!reply || reply->elements.size() != 2) {
        ADD_FAILURE() << (reply ? reply->text : "no reply");
        break;
      }
      for (const resp::Value& key : reply->elements[1].elements) keys.insert(key.text);
      cursor = reply->elements[0].text;
      if (cursor == "0") return keys;
    }
    ADD_FAILURE() << "it does not end";
    return keys;
  }

  const std::string file_ = cluster_text({{}, {}, {.weight = "0.8"}}, 2);
  SimCluster cluster_{three_nodes()};
  std::set<std::string> keys_;
};

TEST_F(AllKeys, KeysShowsEachOnceWhileTheyMove) {
  ask_while_they_move("KEYS *", [&](const resp::Value& reply) {
    std::set<std::string> keys;
    for (const resp::Value& key : reply.elements) keys.insert(key.text);
    ASSERT_EQ(reply.elements.size(), kMany) << reply.text;
    ASSERT_EQ(keys, keys_);
  });
}

TEST_F(AllKeys, DbsizeCountsEachOnceWhileTheyMove) {
  ask_while_they_move("DBSIZE",
                      [](const resp::Value& reply) { ASSERT_EQ(reply.integer, kMany) << reply.text; });
}

TEST_F(AllKeys, RandomkeyFindsTheOnlyOneWhileItMoves) {
  const auto client = cluster_.connect(1);
  ASSERT_EQ(cluster_.ask(client, "FLUSHALL"), "OK");
  const std::string only = *keys_.begin();
  ASSERT_EQ(cluster_.ask(client, "SET " + only + " x"), "OK");
  ask_while_they_move("RANDOMKEY", [&](const resp::Value& reply) { ASSERT_EQ(reply.text, only); });
}

TEST_F(AllKeys, ScanShowsAllWhileTheyMove) {
  const auto client = cluster_.connect(0);
  ASSERT_NO_FATAL_FAILURE(let_third_give_some());
  int walks = 0;
  do {
    for (const std::string count : {"10", "1000"}) {
      const std::multiset<std::string> keys = scanned(client, count);
      ASSERT_EQ(std::set<std::string>(keys.begin(), keys.end()), keys_) << "COUNT " << count;
      ++walks;
    }
  } while (!cluster_.settled() && walks < 1'000);
  EXPECT_TRUE(cluster_.settled());
}

// Whoever it says OK to finds nothing of what was there before, wherever that was just then.
TEST_F(AllKeys, FlushallLeavesNothingWhileTheyMove) {
  const auto asker = cluster_.connect(0);
  const auto writer = cluster_.connect(1);
  ASSERT_NO_FATAL_FAILURE(let_third_give_some());
  std::string set = "MSET";
  std::string get = "MGET";
  for (const std::string& key : keys_) {
    set += " " + key + " x";
    get += " " + key;
  }
  int flushes = 0;
  for (int later_ms = 0; !cluster_.settled() && flushes < 200; later_ms = (later_ms + 7) % 40) {
    ASSERT_EQ(cluster_.ask(writer, set), "OK");
    cluster_.run_for(later_ms);
    ASSERT_EQ(cluster_.ask(asker, "FLUSHALL"), "OK");
    ++flushes;
    const auto left = cluster_.ask_for(writer, get);
    ASSERT_TRUE(left && left->elements.size() == kMany);
    for (const resp::Value& value : left->elements) ASSERT_EQ(value.type, resp::Value::Type::null) << flushes;
  }
  EXPECT_TRUE(cluster_.settled());
  EXPECT_GT(flushes, 2);
  EXPECT_EQ(cluster_.ask(asker, "DBSIZE"), "0");
}

// What is written behind it stays, though its slot goes to a node that is asked later.
TEST_F(AllKeys, FlushallDeletesEachOnceWhileTheyMove) {
  const auto asker = cluster_.connect(0);
  const auto writer = cluster_.connect(1);
  ASSERT_NO_FATAL_FAILURE(let_third_give_some(1));
  const std::vector<std::string> names(keys_.begin(), keys_.end());
  std::string set = "MSET";
  std::string get = "MGET";
  for (const std::string& key : names) {
    set += " " + key + " x";
    get += " " + key;
  }
  int flushes = 0;
  for (; !cluster_.settled() && flushes < 200; ++flushes) {
    std::vector<int> deleted(names.size());
    cluster_.send(asker, "FLUSHALL\r\n");
    for (bool answered = false; !answered;) {
      ASSERT_EQ(cluster_.ask(writer, set), "OK");
      cluster_.run_for(2);
      const auto there = cluster_.ask_for(writer, get);
      ASSERT_TRUE(there && there->elements.size() == names.size());
      for (std::size_t i = 0; i < names.size(); ++i) {
        deleted[i] += there->elements[i].type == resp::Value::Type::null ? 1 : 0;
        ASSERT_LE(deleted[i], 1) << names[i];
      }
      for (const resp::Value& reply : cluster_.take_replies(asker)) {
        ASSERT_EQ(reply.text, "OK");
        answered = true;
      }
    }
  }
  EXPECT_GT(flushes, 2);
}

// n3 stands still with slots that n2 has been promised: nobody can say what is in them.
TEST_F(AllKeys, WhatNobodyAnswersForIsSaidAndNotPassedOver) {
  const auto client = cluster_.connect(1);
  ASSERT_NO_FATAL_FAILURE(let_third_give_some());
  ASSERT_TRUE(cluster_.run_until(
      [&] {
        for (unsigned slot = 0; slot < kSlots; ++slot) {
          if (cluster_.disk(1).book.title(static_cast<Slot>(slot)).promise) return true;
        }
        return false;
      },
      10'000));
  cluster_.pause(2);
  cluster_.run_for(20);
  for (const std::string command : {"KEYS *", "DBSIZE", "RANDOMKEY", "FLUSHALL"}) {
    const std::int64_t began = cluster_.now_ms();
    const auto reply = cluster_.ask_for(client, command, 10'000);
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->type, resp::Value::Type::error) << command;
    EXPECT_LE(cluster_.now_ms() - began, 2 * kForwardMs + 200) << command;
  }
  cluster_.resume(2);
  cluster_.run_for(3'000);
  EXPECT_EQ(cluster_.ask(client, "FLUSHALL"), "OK");
  EXPECT_EQ(cluster_.ask(client, "DBSIZE"), "0");
}

// ---- A walk, while the store is another one that hashes in its own way ----

// Two nodes, each with a seed of its own, and another one after each start.
class Walk : public testing::Test {
 protected:
  static constexpr int kMany = 2'000;

  static SimCluster::Options two_nodes() {
    SimCluster::Options options = moving(2, 2);
    options.delay_ms_max = 1;
    return options;
  }

  void SetUp() override {
    ASSERT_TRUE(cluster_.settle()) << tail(cluster_);
    client_ = cluster_.connect(0);
    uid_ = "{" + cluster_.key_of(1, 0) + "}";
  }

  // Calls until the cursor is 0 again, with something in between the first calls. What is shown, by name.
  std::set<std::string> walk(const std::string& command, const std::string& options, std::size_t step,
                             const std::function<void(int calls)>& between) {
    std::set<std::string> seen;
    std::string cursor = "0";
    for (int calls = 1; calls < 1'000; ++calls) {
      const auto reply = cluster_.ask_for(client_, command + cursor + options, 10'000);
      if (!reply || reply->elements.size() != 2) {
        ADD_FAILURE() << (reply ? reply->text : "no reply");
        return seen;
      }
      const std::vector<resp::Value>& shown = reply->elements[1].elements;
      for (std::size_t i = 0; i < shown.size(); i += step) seen.insert(shown[i].text);
      cursor = reply->elements[0].text;
      if (cursor == "0") return seen;
      EXPECT_LT(std::stoull(cursor), 1ULL << 53);
      between(calls);
    }
    ADD_FAILURE() << "it does not end";
    return seen;
  }

  void set_many_keys() {
    for (int i = 0; i < kMany; ++i) {
      ASSERT_EQ(cluster_.ask(client_, "SET " + uid_ + std::to_string(i) + " x"), "OK");
    }
  }
  void set_many_fields() {
    for (int i = 0; i < kMany; ++i) {
      ASSERT_EQ(cluster_.ask(client_, "HSET " + uid_ + " f" + std::to_string(i) + " x"), "1");
    }
  }

  void give_all_to_first() {
    for (const unsigned node : {0U, 1U}) {
      cluster_.write_file(node, cluster_text({true, false}, 2));
      ASSERT_TRUE(cluster_.reload(node));
    }
    ASSERT_TRUE(cluster_.settle()) << tail(cluster_);
  }
  void start_owner_again() {
    cluster_.kill(1);
    cluster_.start(1);
    ASSERT_TRUE(cluster_.settle()) << tail(cluster_);
    cluster_.run_for(2'000);
  }

  SimCluster cluster_{two_nodes()};
  SimCluster::ClientIndex client_ = 0;
  std::string uid_;
};

// By another seed the session may stand before or behind the cursor.
TEST_F(Walk, ScanShowsAllKeysOfASessionThatMovesAndWhoseOwnerIsStartedAgainBetweenTwoCalls) {
  set_many_keys();
  const auto between = [&](int calls) {
    if (calls % 7 == 0 && calls < 30) start_owner_again();
    if (calls == 35) give_all_to_first();
  };
  EXPECT_EQ(walk("SCAN ", " COUNT 100", 1, between).size(), std::size_t{kMany});
}

TEST_F(Walk, HscanShowsAllFieldsOfAHashThatMovesOrWhoseOwnerIsStartedAgainBetweenTwoCalls) {
  set_many_fields();
  const auto between = [&](int calls) {
    if (calls == 5) start_owner_again();
    if (calls == 10) give_all_to_first();
  };
  EXPECT_EQ(walk("HSCAN " + uid_ + " ", " COUNT 50", 2, between).size(), std::size_t{kMany});
}

}  // namespace
}  // namespace limpet::shard
