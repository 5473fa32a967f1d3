// Commands of several parts, from their beginning to their reply, without a shard.
#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>
#include <limpet/command/relocate.hpp>
#include <limpet/gather/gathers.hpp>
#include <string>
#include <variant>
#include <vector>

#include "roll_answers.hpp"

namespace limpet::gather {
namespace {

using command::Merge;
using peer::Outcome;
using Words = std::vector<std::string>;

constexpr NodeIndex kSelf = 0;  // of two shards
const std::vector<std::string_view> kDbsize{"DBSIZE", "slots"};
const StreamId kClient{StreamKind::client, 0, 1};

std::shared_ptr<const cluster::View> view_of_three() {
  auto view = std::make_shared<cluster::View>();
  view->nodes.resize(3);
  for (std::size_t i = 0; i < 3; ++i) view->nodes[i].name = "n" + std::to_string(i);
  return view;
}

class GathersTest : public testing::Test {
 protected:
  struct Asked {
    Ask ask;
    Words words;
  };

  static Head head(Merge merge, bool write = false) {
    return {.merge = merge,
            .asker = {.kind = Origin::Kind::client, .stream = kClient},
            .version = resp::Version::resp2,
            .write = write};
  }
  void split(std::vector<std::string_view> args) {
    const command::Spec& spec = *command::find(args[0]);
    gathers_.begin_split(head(spec.merge, spec.has(command::kWrite)), SplitKeys(spec, args));
    look();
  }
  // All that is to be done: what is asked is kept, and so is the reply.
  void look() {
    while (gathers_.has_work()) {
      Actions& actions = gathers_.take();
      for (Action& action : actions.list) {
        if (const auto* ask = std::get_if<Ask>(&action)) {
          const command::Args args = actions.args(*ask);
          asked_.push_back({*ask, {args.begin(), args.end()}});
        } else if (const auto* locate = std::get_if<Locate>(&action)) {
          located_ = *locate;
          if (where_) gathers_.located(locate->gather, *where_, client_is_there_, now_ms_);
        } else if (const auto* explain = std::get_if<Explain>(&action)) {
          explained_ = explain->slot;
          gathers_.explained(explain->gather, why_);
        } else if (const auto* account = std::get_if<Account>(&action)) {
          EXPECT_TRUE(account->now == 0 || client_is_there_) << "nobody pays for it";
          charged_ += account->now - account->before;
        } else if (const auto* reply = std::get_if<Reply>(&action)) {
          charged_ -= reply->charged;
          if (reply->asker.kind == Origin::Kind::gather) {
            gathers_.answered(reply->asker, Outcome::done, reply->body.view(), client_is_there_, reply->lsn);
          } else {
            reply_ = std::string(reply->body.view());
            lsn_ = reply->lsn;
          }
        }
      }
    }
  }
  void answer(std::size_t at, std::string_view body, Outcome outcome = Outcome::done, Lsn lsn = 0) {
    gathers_.answered(asked_[at].ask.part, outcome, body, client_is_there_, lsn);
    look();
  }
  // What each of these nodes holds.
  void where(std::map<NodeIndex, SlotSet> of_node, const SlotSet& nobodys = {}) {
    where_ = Whereabouts{std::move(of_node), nobodys};
  }
  [[nodiscard]] Words whom() const {
    Words names;
    for (const Asked& one : asked_) names.push_back("n" + std::to_string(one.ask.target));
    return names;
  }

  Gathers gathers_{kSelf, 2, view_of_three()};
  std::vector<Asked> asked_;
  std::optional<Whereabouts> where_;
  Locate located_;
  Slot explained_ = 0;
  std::string why_;
  std::string reply_;
  Lsn lsn_ = 0;
  std::size_t charged_ = 0;
  std::int64_t now_ms_ = 0;
  bool client_is_there_ = true;
};

// ---- Sessions ----

TEST_F(GathersTest, ACommandOnSeveralSessionsAsksWhoeverHoldsEach) {
  split({"MGET", "foo", "bar", "{foo}2"});
  ASSERT_EQ(asked_.size(), 2U);
  EXPECT_EQ(asked_[0].ask.whom, Ask::Whom::holder);
  EXPECT_EQ(asked_[0].ask.slot, slot_of("bar"));
  EXPECT_EQ(asked_[1].words, (Words{"MGET", "foo", "{foo}2"}));
  // They answer in any order.
  answer(1, "*2\r\n$1\r\n1\r\n$1\r\n3\r\n");
  EXPECT_EQ(reply_, "");
  answer(0, "*1\r\n$1\r\n2\r\n");
  EXPECT_EQ(reply_, "*3\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n");
}

TEST_F(GathersTest, TheReplyShowsWhatAllPartsShow) {
  split({"DEL", "foo", "bar"});
  answer(0, ":1\r\n", Outcome::done, 70);
  answer(1, ":1\r\n", Outcome::done, 40);
  EXPECT_EQ(reply_, ":2\r\n");
  EXPECT_EQ(lsn_, 70U);
}

TEST_F(GathersTest, AWriteOfWhichAPartMayHaveRunIsInDoubt) {
  split({"DEL", "foo", "bar"});
  answer(0, ":1\r\n");
  answer(1, "CLUSTERDOWN node n1", Outcome::unavailable);
  EXPECT_EQ(reply_, "-INDOUBT a part of the command may have been executed: CLUSTERDOWN node n1\r\n");
}

TEST_F(GathersTest, WhatIsTooLongIsNotKept) {
  split({"MGET", "foo", "bar"});
  const std::string half(kReplyBytesMax / 2 + 1, 'x');
  answer(0, half);
  EXPECT_GT(charged_, half.size());
  answer(1, half);
  EXPECT_EQ(reply_, "-ERR the reply is too long; ask for less at a time\r\n");
  EXPECT_EQ(charged_, 0U);
}

TEST_F(GathersTest, NobodyPaysForAClientThatHasGone) {
  split({"MGET", "foo", "bar", "b"});
  answer(0, "*1\r\n$1\r\n1\r\n");
  EXPECT_GT(charged_, 0U);
  client_is_there_ = false;
  gathers_.gone(kClient);
  look();
  EXPECT_EQ(charged_, 0U);
  answer(1, "*1\r\n$1\r\n1\r\n");
  answer(2, "*1\r\n$1\r\n1\r\n");
  EXPECT_EQ(charged_, 0U);
  EXPECT_EQ(reply_, "");
}

// ---- From session to session ----

TEST_F(GathersTest, AKeyIsMovedStepByStepAndEachIsSafeBeforeTheNext) {
  gathers_.begin_relocation(head(Merge::none, true), {.strict = true}, "foo", "bar");
  look();
  EXPECT_EQ(asked_.back().words, (Words{"@read", "foo"}));
  EXPECT_TRUE(asked_.back().ask.safe_first);
  EXPECT_FALSE(asked_.back().ask.write);
  answer(0, "$1\r\nv\r\n");
  EXPECT_EQ(asked_.back().words, (Words{"@write", "bar", "v", "nx"}));
  EXPECT_EQ(asked_.back().ask.slot, slot_of("bar"));
  EXPECT_TRUE(asked_.back().ask.write);
  answer(1, ":1\r\n");
  EXPECT_EQ(asked_.back().words[0], "@erase");
  client_is_there_ = false;
  answer(2, ":1\r\n");
  EXPECT_EQ(reply_, "+OK\r\n") << "a write goes on whether its client is there or not";
  EXPECT_EQ(charged_, 0U);
}

// ---- Shards and nodes ----

TEST_F(GathersTest, EachShardIsAsked) {
  gathers_.begin_shards(head(Merge::any), std::vector<std::string_view>{"CLIENT", "KILL"});
  look();
  ASSERT_EQ(asked_.size(), 2U);
  EXPECT_EQ(asked_[1].ask.whom, Ask::Whom::shard);
  EXPECT_EQ(asked_[1].words, (Words{"CLIENT", "KILL"}));
  answer(0, ":0\r\n");
  answer(1, ":0\r\n");
  EXPECT_EQ(reply_, "-ERR No such client\r\n");
}

TEST_F(GathersTest, WhatNodesSayStandsBehindTheirNames) {
  const std::vector<NodeIndex> nodes{0, 2};
  gathers_.begin_nodes(head(Merge::by_node), std::vector<std::string_view>{"CLUSTER", "CHECK"}, nodes);
  look();
  answer(0, "$2\r\nok\r\n");
  answer(1, "CLUSTERDOWN node n2 cannot be reached", Outcome::unavailable);
  EXPECT_EQ(reply_, "*4\r\n$2\r\nn0\r\n$2\r\nok\r\n$2\r\nn2\r\n-CLUSTERDOWN node n2 cannot be reached\r\n");
}

TEST_F(GathersTest, WithNobodyToAskItEndsAtOnce) {
  gathers_.begin_nodes(head(Merge::sum), std::vector<std::string_view>{"CLUSTER", "CLAIM"}, {});
  look();
  EXPECT_EQ(reply_, ":0\r\n");
}

// ---- All keys ----

TEST_F(GathersTest, SlotsThatAreMissingAreAskedForAgainAtTheNextTick) {
  where({{2, slots(0, 100)}, {1, slots(100, kSlots)}});
  gathers_.begin_roll_call(head(Merge::sum), kDbsize, {SlotSet::all(), 1'000});
  look();
  EXPECT_EQ(whom(), (Words{"n1", "n2"}));
  EXPECT_EQ(asked_[1].words[1], slots(0, 100).bytes());
  answer(1, roll_answer(slots(0, 100), ":3\r\n"));
  // Node 1 has given some of its slots to node 2.
  answer(0, roll_answer(slots(100, 9'000), ":4\r\n"));
  EXPECT_EQ(explained_, 9'000);
  EXPECT_EQ(reply_, "");
  asked_.clear();
  where({{2, slots(9'000, kSlots)}});
  gathers_.tick();
  look();
  EXPECT_EQ(whom(), (Words{"n2"}));
  answer(0, roll_answer(slots(9'000, kSlots), ":5\r\n"));
  EXPECT_EQ(reply_, ":12\r\n");
}

TEST_F(GathersTest, WhatIsNotEnoughIsAskedForAgainWithEveryTickUntilItIs) {
  where({{1, slots(0, 100)}, {2, slots(100, 200)}});
  Roll roll{slots(0, 200), 1'000, Enough{.least = 2, .until_ms = 500, .round_ms = 100}};
  gathers_.begin_roll_call(head(Merge::least), kDbsize, roll);
  look();
  EXPECT_EQ(whom(), (Words{"n1", "n2"}));
  answer(0, roll_answer(slots(0, 100), ":3\r\n"));
  answer(1, roll_answer(slots(100, 200), ":1\r\n"));
  EXPECT_EQ(reply_, "");
  asked_.clear();
  now_ms_ = 400;
  gathers_.tick();
  look();
  EXPECT_EQ(whom(), (Words{"n1", "n2"})) << "all of them, as the first may have less by now";
  answer(0, roll_answer(slots(0, 100), ":2\r\n"));
  answer(1, roll_answer(slots(100, 200), ":3\r\n"));
  EXPECT_EQ(reply_, ":2\r\n");
}

TEST_F(GathersTest, OnceTimeIsOverOrTheNodeStopsItIsWhatItWasLast) {
  for (const bool stops : {false, true}) {
    reply_.clear();
    now_ms_ = 0;
    where({{1, slots(0, 100)}});
    gathers_.begin_roll_call(head(Merge::least), kDbsize,
                             {slots(0, 100), 1'000, Enough{.least = 2, .until_ms = 500, .round_ms = 100}});
    look();
    answer(0, roll_answer(slots(0, 100), ":1\r\n"));
    EXPECT_EQ(reply_, "");
    asked_.clear();
    if (stops) gathers_.stop();
    now_ms_ = stops ? 100 : 500;
    gathers_.tick();
    look();
    EXPECT_TRUE(asked_.empty());
    EXPECT_EQ(reply_, ":1\r\n");
  }
}

TEST_F(GathersTest, AReadWhoseClientHasLeftWhileSlotsAreMissingEndsAndIsOnNobodysAccount) {
  where({{1, SlotSet::all()}});
  gathers_.begin_roll_call(head(Merge::sum), kDbsize, {SlotSet::all(), 1'000});
  look();
  answer(0, roll_answer(slots(0, 100), ":3\r\n"));
  asked_.clear();
  client_is_there_ = false;
  gathers_.tick();
  look();
  EXPECT_TRUE(asked_.empty());
  EXPECT_EQ(reply_, "");
  gathers_.tick();
  EXPECT_FALSE(gathers_.has_work()) << "it has ended";
}

TEST_F(GathersTest, AWriteWhoseClientHasLeftWhileSlotsAreMissingGoesOnAndIsOnNobodysAccount) {
  where({{0, slots(0, 100)}, {1, slots(100, kSlots)}});
  gathers_.begin_roll_call(head(Merge::all_ok, true), kDbsize, {SlotSet::all(), 1'000});
  look();
  answer(2, roll_answer(slots(100, kSlots), "+OK\r\n"));
  answer(0, roll_answer(slots(0, 40), "+OK\r\n"));
  answer(1, roll_answer({}, "+OK\r\n"));
  asked_.clear();
  client_is_there_ = false;
  gathers_.tick();
  look();
  EXPECT_EQ(asked_.size(), 2U) << "this node's shards";
}

TEST_F(GathersTest, WhereItIsOfNoUseToAskAgainItSaysWhy) {
  where({{1, SlotSet::all()}});
  gathers_.begin_roll_call(head(Merge::sum), kDbsize, {SlotSet::all(), 1'000});
  look();
  why_ = "CLUSTERDOWN nobody holds it";
  answer(0, roll_answer(slots(0, 100), ":3\r\n"));
  EXPECT_EQ(reply_, "-CLUSTERDOWN nobody holds it\r\n");
}

TEST_F(GathersTest, ANodeSaysForWhichSlotsItsShardsAnswer) {
  Head part = head(Merge::sum);
  part.part = true;
  gathers_.begin_shards(part, kDbsize, Roll{slots(0, 100), 1'000});
  look();
  answer(0, roll_answer(slots(0, 40), ":3\r\n"));
  answer(1, roll_answer(slots(50, 100), ":4\r\n"));
  SlotSet both = slots(0, 40);
  both |= slots(50, 100);
  EXPECT_EQ(reply_, roll_answer(both, ":7\r\n"));
}

TEST_F(GathersTest, ThisNodesPartIsGatheredFromItsShards) {
  where({{0, slots(0, 100)}, {1, slots(100, kSlots)}});
  gathers_.begin_roll_call(head(Merge::sum), kDbsize, {SlotSet::all(), 1'000});
  look();
  ASSERT_EQ(asked_.size(), 3U);
  EXPECT_EQ(asked_[0].ask.whom, Ask::Whom::shard);
  EXPECT_EQ(asked_[1].words[1], slots(0, 100).bytes());
  EXPECT_EQ(asked_[2].ask.whom, Ask::Whom::node);
  answer(2, roll_answer(slots(100, kSlots), ":4\r\n"));
  answer(0, roll_answer(slots(0, 40), ":1\r\n"));
  EXPECT_EQ(reply_, "");
  answer(1, roll_answer(slots(40, 100), ":2\r\n"));
  EXPECT_EQ(reply_, ":7\r\n");
  EXPECT_EQ(charged_, 0U);
}

TEST_F(GathersTest, OfTheNodesThatAnswerItNamesTheOthers) {
  where({{2, slots(0, 100)}, {1, slots(100, kSlots)}});
  gathers_.begin_partial_roll_call(head(Merge::sum), kDbsize, {SlotSet::all(), 1'000});
  look();
  answer(0, "CLUSTERDOWN node n1 is gone", Outcome::unavailable);
  answer(1, roll_answer(slots(0, 100), ":3\r\n"));
  EXPECT_EQ(reply_, "*2\r\n:3\r\n*2\r\n$2\r\nn1\r\n$27\r\nCLUSTERDOWN node n1 is gone\r\n");
}

TEST_F(GathersTest, SlotsOfNobodyStandBehindNoName) {
  where({{1, SlotSet::all()}}, slots(7, 9));
  gathers_.begin_partial_roll_call(head(Merge::sum), kDbsize, {SlotSet::all(), 1'000});
  look();
  SlotSet served = SlotSet::all();
  served -= slots(7, 9);
  answer(0, roll_answer(served, ":3\r\n"));
  EXPECT_EQ(reply_, "*2\r\n:3\r\n*2\r\n$0\r\n\r\n$32\r\nno node has answered for 2 slots\r\n");
}

// ---- A walk ----

std::string scan_part(std::string_view slot, const SlotSet& of) {
  Bytes out;
  resp::ReplyWriter reply(out, resp::Version::resp2);
  reply.array(4);
  reply.bulk(slot);
  reply.bulk("0");
  reply.bulk(of.bytes());
  reply.bulk("b");
  return std::string(out.view());
}

TEST_F(GathersTest, AWalkThatGetsNowhereAsksForItsFirstSlotAlone) {
  const std::vector<std::string_view> scan{"SCAN", "0", "0", "16384", "10", "*", ""};
  const std::vector<NodeIndex> nodes{1, 2};
  gathers_.begin_nodes(head(Merge::scan), scan, nodes);
  look();
  answer(0, scan_part("16384", slots(1, 100)));
  answer(1, scan_part("16384", slots(100, kSlots)));
  EXPECT_EQ(reply_, "");
  ASSERT_EQ(asked_.size(), 3U);
  EXPECT_EQ(asked_[2].ask.whom, Ask::Whom::holder);
  EXPECT_EQ(asked_[2].ask.slot, 0);
  EXPECT_EQ(asked_[2].words, (Words{"SCAN", "0", "0", "1", "10", "*", ""}));
  answer(2, scan_part("1", slots(0, 1)));
  EXPECT_EQ(reply_.rfind("*2\r\n", 0), 0U);
}

}  // namespace
}  // namespace limpet::gather
