// Commands of several sessions, shards and nodes, without a shard's reactor: what is asked of whom, and what
// comes of the answers.
#include <gtest/gtest.h>

#include <limpet/gather/part.hpp>
#include <limpet/wide/commands.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shard_machines.hpp"

namespace limpet::wide {
namespace {

using forward::Origin;
using peer::Outcome;
using traffic::kHere;
using traffic::kNobodys;
using traffic::kOther;
using traffic::kSiblings;
using Words = std::vector<std::string_view>;

std::string key_in(Slot slot) {
  std::string key;
  for (unsigned i = 0; key.empty() || slot_of(key) != slot; ++i) key = "k" + std::to_string(i);
  return key;
}

class CommandsOfAShard : public traffic::ShardMachines {
 protected:
  explicit CommandsOfAShard(bool loads = false) : ShardMachines(loads) {}

  static const command::Spec& row(std::string_view name) { return *command::find(name); }
  void set(const std::string& key, std::string_view value) {
    const Words words = {"SET", key, value};
    const KeyRef ref = KeyRef::of(key);
    Bytes reply;
    (void)engine_.run({row("set"), words, resp::Version::resp2, &ref}, reply, now_);
    ASSERT_EQ(reply.view(), "+OK\r\n");
  }
  std::string value_of(const std::string& key) {
    const Words words = {"GET", key};
    const KeyRef ref = KeyRef::of(key);
    Bytes reply;
    (void)engine_.run({row("get"), words, resp::Version::resp2, &ref}, reply, now_);
    return std::string(reply.view());
  }
  // This shard's part of a command for all shards.
  std::string part(const Words& words) {
    Bytes out;
    EXPECT_TRUE(commands_.parts().run_for_shard(of_sibling(1, 1), resp::Version::resp2, words, out));
    return std::string(out.view());
  }
  // Its answer for those slots of a command about all keys: which it served, and what it said.
  std::pair<SlotSet, std::string> answer(Words words, const SlotSet& slots) {
    words.push_back(slots.bytes());
    const std::string reply = part(words);
    const std::string head = "*2\r\n$" + std::to_string(SlotSet::kBytes) + "\r\n";
    EXPECT_EQ(reply.substr(0, head.size()), head);
    const auto served = SlotSet::read(std::string_view(reply).substr(head.size(), SlotSet::kBytes));
    return {served.value_or(SlotSet{}), reply.substr(head.size() + SlotSet::kBytes + 2)};
  }
  static std::string roll_of(const SlotSet& slots, std::string_view answer) {
    Bytes reply;
    resp::ReplyWriter writer(reply, resp::Version::resp2);
    gather::write_roll_answer(writer, slots, answer);
    return std::string(reply.view());
  }
  // A sibling's answer to the only request that stands for it, which has these words.
  void answers(unsigned sibling, const Words& words, std::string_view reply) {
    std::pair<std::uint64_t, std::string> sent;
    Words asked;
    (void)request_for(sibling, sent, asked);
    ASSERT_EQ(asked, words);
    const auto known = neighbours_.forwarder().answered(sent.first, Outcome::done, now_);
    ASSERT_TRUE(known.has_value());
    traffic_.delivery().give_back(known->origin, known->charged);
    traffic_.delivery().deliver(known->origin, Outcome::done, reply);
    commands_.gathering().drain();
  }
  static SlotSet slots_of(std::initializer_list<Slot> slots) {
    SlotSet set;
    for (const Slot slot : slots) set.add(slot);
    return set;
  }

  Commands commands_{config_, view_,    tunables_, now_,       random_,  effects_,    counters_,
                     memory_, clients_, engine_,   ownership_, gathers_, neighbours_, traffic_};
  std::string here_ = key_in(kHere);
  std::string sibling_ = key_in(kSiblings);
};

class CommandsOfAStart : public CommandsOfAShard {
 protected:
  CommandsOfAStart() : CommandsOfAShard(true) {}
};

// ---- Sessions ----

TEST_F(CommandsOfAShard, ASplitCommandAsksEachShardAndAnswersInTheOrderOfItsKeys) {
  clients::Client& client = come();
  set(here_, "mine");
  EXPECT_TRUE(commands_.wide().split(client, row("mget"), Words{"MGET", sibling_, here_}));
  EXPECT_TRUE(client.out.empty());
  answers(2, {"MGET", sibling_}, "*1\r\n$6\r\ntheirs\r\n");
  EXPECT_EQ(client.out.view(), "*2\r\n$6\r\ntheirs\r\n$4\r\nmine\r\n");
  EXPECT_EQ(client.memory.charged, 0U) << "nothing is kept for it any more";
}

TEST_F(CommandsOfAShard, ASplitCommandIsNotBegunWhereASlotIsOutOfReach) {
  clients::Client& client = come();
  const std::string nobodys = key_in(kNobodys);
  EXPECT_TRUE(commands_.wide().split(client, row("mset"), Words{"MSET", here_, "1", nobodys, "2"}));
  EXPECT_EQ(client.out.view(), "-CLUSTERDOWN no node of the cluster file holds slot 4\r\n");
  EXPECT_EQ(value_of(here_), "$-1\r\n");
}

TEST_F(CommandsOfAShard, AnErrorOfAPartIsThatOfTheWhole) {
  clients::Client& client = come();
  EXPECT_TRUE(commands_.wide().split(client, row("exists"), Words{"EXISTS", sibling_, here_}));
  answers(2, {"EXISTS", sibling_}, "-MISCONF no\r\n");
  EXPECT_EQ(client.out.view(), "-MISCONF no\r\n");
}

TEST_F(CommandsOfAShard, ARenameToAnotherSessionReadsWritesAndErases) {
  clients::Client& client = come();
  set(here_, "v");
  EXPECT_TRUE(commands_.wide().pair(client, row("rename"), Words{"RENAME", here_, sibling_}));
  std::pair<std::uint64_t, std::string> sent;
  Words asked;
  (void)request_for(2, sent, asked);
  ASSERT_GE(asked.size(), 2U);
  EXPECT_EQ(asked[1], sibling_);
  EXPECT_EQ(value_of(here_), "$1\r\nv\r\n") << "it is erased once it is written there";
  const auto known = neighbours_.forwarder().answered(sent.first, Outcome::done, now_);
  ASSERT_TRUE(known.has_value());
  traffic_.delivery().give_back(known->origin, known->charged);
  traffic_.delivery().deliver(known->origin, Outcome::done, ":1\r\n");
  commands_.gathering().drain();
  EXPECT_EQ(client.out.view(), "+OK\r\n");
  EXPECT_EQ(value_of(here_), "$-1\r\n");
}

TEST_F(CommandsOfAShard, ARenameWaitsForTheEarlierCommandsOfItsClient) {
  clients::Client& client = come();
  (void)traffic_.delivery().await(client);
  EXPECT_FALSE(commands_.wide().pair(client, row("rename"), Words{"RENAME", here_, sibling_}));
  EXPECT_FALSE(commands_.wide().all_keys(client, row("dbsize"), Words{"DBSIZE"}));
}

// ---- About all keys ----

TEST_F(CommandsOfAShard, AnswersForTheSlotsThatItServesAndSaysWhich) {
  set(here_, "v");
  const auto [served, said] = answer({"DBSIZE"}, slots_of({kHere, kOther, kSiblings}));
  EXPECT_EQ(served.bytes(), slots_of({kHere}).bytes());
  EXPECT_EQ(said, ":1\r\n");
}

TEST_F(CommandsOfAShard, IsNotCountedForSlotsThatItWasNotAskedFor) {
  set(here_, "v");
  const auto [served, said] = answer({"DBSIZE"}, slots_of({Slot{8}}));
  EXPECT_EQ(served.bytes(), slots_of({Slot{8}}).bytes());
  EXPECT_EQ(said, ":0\r\n");
}

TEST_F(CommandsOfAShard, ClearsTheSlotsThatItWasAskedForAlone) {
  const std::string other = key_in(Slot{8});
  set(here_, "v");
  set(other, "w");
  (void)answer({"FLUSHALL", "sync"}, slots_of({kHere}));
  EXPECT_EQ(value_of(here_), "$-1\r\n");
  EXPECT_EQ(value_of(other), "$1\r\nw\r\n");
}

TEST_F(CommandsOfAShard, PicksAKeyOfTheSlotsThatItWasAskedFor) {
  set(here_, "v");
  const std::string count_and_key =
      "*2\r\n$1\r\n1\r\n$" + std::to_string(here_.size()) + "\r\n" + here_ + "\r\n";
  EXPECT_EQ(answer({"RANDOMKEY"}, slots_of({kHere})).second, count_and_key);
  EXPECT_EQ(answer({"RANDOMKEY"}, slots_of({Slot{8}})).second, "*1\r\n$1\r\n0\r\n");
}

TEST_F(CommandsOfAShard, NothingIsKeptForAClientThatHasLeftWhileSlotsAreMissing) {
  clients::Client& client = come();
  const gather::Head head =
      commands_.parts().head_of(command::Merge::sum, traffic_.delivery().await(client), resp::Version::resp2);
  const SlotSet wanted = slots_of({kHere, kSiblings});
  gathers_.begin_roll_call(head, Words{"DBSIZE", wanted.bytes()}, {wanted, now_.steady_ms + 1'000});
  commands_.gathering().drain();
  for (const auto& [number, request] : frames_for_siblings()) {
    const auto known = neighbours_.forwarder().answered(number, Outcome::done, now_);
    traffic_.delivery().give_back(known->origin, known->charged);
    traffic_.delivery().deliver(known->origin, Outcome::done, roll_of({}, ":0\r\n"));
  }
  commands_.gathering().drain();
  EXPECT_TRUE(client.out.empty()) << "the sibling's slot is missing";
  clients_.close(client);
  for (int tick = 0; tick < 3; ++tick) {
    gathers_.tick();
    commands_.gathering().drain();
  }
  EXPECT_EQ(memory_.total(), 0U);
}

TEST_F(CommandsOfAStart, SaysNothingOfAllKeysBeforeAllAreLoaded) {
  const SlotSet all = SlotSet::all();
  EXPECT_EQ(part({"DBSIZE", all.bytes()}).substr(0, 8), "-LOADING");
}

// ---- Clients and settings ----

TEST_F(CommandsOfAShard, ASettingIsSetForThisShardAlone) {
  EXPECT_EQ(part({"CONFIG", "SET", "maxmemory", "4000000"}), "+OK\r\n");
  EXPECT_EQ(tunables_.memory_of_node, 4'000'000U);
  EXPECT_EQ(tunables_.memory_max, 1'000'000U) << "one of four shards";
  EXPECT_EQ(part({"CONFIG", "SET", "nonsense", "1"}).substr(0, 4), "-ERR");
}

TEST_F(CommandsOfAShard, AClientThatIsKilledIsCountedAndEnds) {
  clients::Client& client = come();
  const std::string id = std::to_string(client.number);
  EXPECT_EQ(part({"CLIENT", "KILL", "ID", id}), ":1\r\n");
  EXPECT_TRUE(client.ending);
  EXPECT_EQ(part({"CLIENT", "KILL", "ID", "999999"}), ":0\r\n");
}

}  // namespace
}  // namespace limpet::wide
