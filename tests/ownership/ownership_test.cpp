// What one shard makes of what it is told of slots: no link, no client, no disk.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limpet/ownership/reasons.hpp>
#include <limpet/peer/held.hpp>
#include <limpet/peer/words.hpp>

namespace limpet::ownership {
namespace {

using handoff::SlotTitle;
using handoff::Title;
using peer::Said;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr NodeIndex kMe = 0;
constexpr NodeIndex kB = 1;
constexpr NodeIndex kC = 2;
constexpr Slot kFive = 5;

class OneShard : public ::testing::Test {
 protected:
  OneShard() : titles_(kSlots) {
    auto view = std::make_shared<cluster::View>();
    for (const char* name : {"a", "b", "c"}) {
      cluster::Node node;
      node.name = name;
      view->nodes.push_back(node);
    }
    view->epoch = 1;
    view->placement.fill(kMe);
    view->home.fill(kMe);
    view_ = view;
    now_.unix_ms = 1'800'000'000'000;
  }

  void own(Slot slot, Term term) { titles_[slot].title = {.kind = Title::Kind::own, .term = term}; }
  void cede(Slot slot, Term term, NodeIndex to) {
    titles_[slot].title = {.kind = Title::Kind::ceded, .term = term, .to = to};
  }

  // With the titles as they are by now.
  Ownership& start(bool loads = false) {
    HandoffConfig handoff;
    handoff.boot = 1;
    handoff.titles = std::make_shared<const std::vector<SlotTitle>>(titles_);
    handoff.founding = std::make_shared<Founding>(1, false);
    OwnershipConfig config;
    config.loads = loads;
    config.handoff = handoff;
    ownership_.emplace(std::move(config), view_, store_, numbering_, now_);
    drain();
    return *ownership_;
  }
  // What a shard does about its actions, and about turns that hand-overs want.
  Ownership::Actions drain() {
    Ownership::Actions actions = std::exchange(ownership_->actions(), {});
    for (const Slot slot : actions.rerouted) ownership_->set_route(slot, ownership_->owner_route(slot));
    return actions;
  }
  bool hears(NodeIndex node, Said said, Term term, std::string_view name = {}, Slot slot = kFive) {
    bool are_words = true;
    peer::WordWriter words([&](std::string_view body) { are_words = ownership_->hears(node, body, now_); });
    words.say(said, name, term, slot);
    words.flush();
    actions_ = drain();
    return are_words;
  }
  void all_answer() {
    for (const NodeIndex node : {kB, kC}) {
      ownership_->asks(node, 1, [](std::string_view) {});
      ownership_->answered(node);
    }
    go_on();
  }
  void go_on() {
    const NodeRow there{.linked = true, .answers = true, .informed = true, .says = {}, .why_not = {}};
    ownership_->go_on(NodeDirectory(kMe, std::vector<NodeRow>(3, there)), now_);
    actions_ = drain();
  }
  // What it says of the slot, as another node would hear it.
  peer::Section says(bool all) {
    peer::Section said;
    said_.clear();
    const auto keep = [this](std::string_view body) { said_.append(body); };
    all ? ownership_->say_all(keep) : ownership_->say_news(keep);
    for (std::string_view body = said_.view(); peer::take_section(body, said);) {
      for (std::size_t at = 0; at < said.count(); ++at) {
        if (said.slot(at) == kFive) return said;
      }
    }
    return {};
  }
  [[nodiscard]] Route::Kind route() const { return ownership_->slots().route(kFive).kind; }

  std::shared_ptr<const cluster::View> view_;
  std::vector<SlotTitle> titles_;
  handoff::Numbering numbering_{};
  store::Store store_{1};
  Now now_{};
  std::optional<Ownership> ownership_;
  Ownership::Actions actions_;
  Bytes said_;
};

TEST_F(OneShard, WhereSlotsStayNothingThatOthersSayMatters) {
  ownership_.emplace(OwnershipConfig{}, view_, store_, handoff::Numbering{}, now_);
  drain();
  EXPECT_EQ(route(), Route::Kind::here);
  EXPECT_TRUE(hears(kB, Said::holds, {9, 0}));
  EXPECT_EQ(route(), Route::Kind::here);
  EXPECT_FALSE(ownership_->moves_slots());
}

TEST_F(OneShard, AStartServesWhatItHasByItsDiskOnceAllHaveBeenHeard) {
  own(kFive, {3, 0});
  start();
  EXPECT_EQ(route(), Route::Kind::wait);
  EXPECT_THAT(why_not_served(*ownership_, kFive), HasSubstr("has just started"));
  EXPECT_EQ(says(true).said, Said::begins);
  all_answer();
  EXPECT_EQ(route(), Route::Kind::here);
  EXPECT_EQ(says(false).said, Said::holds) << "that is news for the others";
  EXPECT_THAT(why_not_served(*ownership_, kFive), IsEmpty());
}

TEST_F(OneShard, AStartGivesWayToWhoeverOwnsTheSlotByMoreCessions) {
  own(kFive, {3, 0});
  start();
  EXPECT_TRUE(hears(kB, Said::holds, {4, 0}));
  EXPECT_EQ(ownership_->slots().route(kFive), (Route{Route::Kind::peer, kB}));
  ASSERT_THAT(actions_.notes, SizeIs(1));
  EXPECT_THAT(actions_.notes[0].text, HasSubstr("is node b's at term"));
  const std::vector<handoff::WantedTitle>& writes = ownership_->moves().wishes().writes;
  ASSERT_THAT(writes, SizeIs(1));
  EXPECT_EQ(writes[0].title.title.to, kB) << "the disk is to know it";
}

TEST_F(OneShard, WhoServesDoesNotGiveWayToOneOfFewerCessionsHoweverOftenThatWasRestarted) {
  own(kFive, {3, 0});
  start();
  all_answer();
  EXPECT_TRUE(hears(kB, Said::holds, {2, 7}));
  EXPECT_EQ(route(), Route::Kind::here);
}

TEST_F(OneShard, ASlotThatIsKnownToBeThisNodesAndIsNotByItsDiskIsForgottenAndNotServed) {
  start();
  EXPECT_TRUE(hears(kB, Said::knows, {6, 0}, "a"));
  all_answer();
  EXPECT_EQ(forgotten(*ownership_), 1U);
  EXPECT_EQ(route(), Route::Kind::wait);
  EXPECT_THAT(why_not_served(*ownership_, kFive), HasSubstr("that is an old copy"));
}

TEST_F(OneShard, CommandsGoToAnOwnerOnceItIsHeardItselfAndNotBecauseOthersKnowOfIt) {
  cede(kFive, {4, 0}, kB);
  start();
  EXPECT_EQ(ownership_->slots().route(kFive).target, kB);
  EXPECT_TRUE(hears(kB, Said::knows, {5, 0}, "c"));
  EXPECT_EQ(ownership_->slots().route(kFive).target, kB) << "who has given it away passes commands on";
  EXPECT_EQ(ownership_->known().latest(kFive).node, kC);
  EXPECT_TRUE(hears(kC, Said::holds, {5, 0}));
  EXPECT_EQ(ownership_->slots().route(kFive).target, kC);
}

TEST_F(OneShard, AnOwnerThatIsHeardIsAlive) {
  cede(kFive, {4, 0}, kB);
  start();
  EXPECT_TRUE(hears(kC, Said::holds, {6, 0}));
  EXPECT_THAT(actions_.alive, ElementsAre(kC));
  EXPECT_TRUE(hears(kC, Said::holds, {6, 0}));
  EXPECT_THAT(actions_.alive, IsEmpty()) << "that is no news";
}

TEST_F(OneShard, ATermOfYearsAheadIsNotBelieved) {
  start();
  const Term odd{(static_cast<std::uint64_t>(now_.unix_ms) << 20U) * 4, 0};
  EXPECT_TRUE(hears(kB, Said::holds, odd));
  EXPECT_FALSE(ownership_->known().heard(kFive).known());
  ASSERT_THAT(actions_.notes, SizeIs(1));
  EXPECT_THAT(actions_.notes[0].text, HasSubstr("set the clocks"));
}

TEST_F(OneShard, WhatIsNoWordIsRefused) {
  start();
  EXPECT_FALSE(ownership_->hears(kB, "\xff\xff", now_));
}

TEST_F(OneShard, AnotherShardSaysWhoOwnsItsSlots) {
  OwnershipConfig config;
  config.shards = 2;
  HandoffConfig handoff;
  own(kFive, {3, 0});
  handoff.titles = std::make_shared<const std::vector<SlotTitle>>(titles_);
  handoff.founding = std::make_shared<Founding>(1, false);
  config.handoff = handoff;
  ownership_.emplace(std::move(config), view_, store_, handoff::Numbering{}, now_);
  drain();
  EXPECT_EQ(ownership_->slots().route(kFive), (Route{Route::Kind::sibling, 1}));
  Bytes body;
  peer::append_owner(body, {.slot = kFive, .node = kC, .term = {2, 0}});
  ownership_->hears_shard(body.view(), now_);
  drain();
  EXPECT_EQ(ownership_->slots().route(kFive), (Route{Route::Kind::peer, kC}))
      << "it knows, whatever the term";
}

TEST_F(OneShard, ASlotWaitsUntilItIsLoadedAndWhatIsNotThisNodesIsDropped) {
  own(kFive, {3, 0});
  start(true);
  all_answer();
  EXPECT_EQ(route(), Route::Kind::wait);
  EXPECT_THAT(why_not_served(*ownership_, kFive), HasSubstr("not loaded yet"));
  ownership_->loaded(kFive);
  drain();
  EXPECT_EQ(route(), Route::Kind::here);
  ownership_->damaged(kFive + 1);
  drain();
  EXPECT_THAT(why_not_served(*ownership_, kFive + 1), HasSubstr("damaged"));
}

// A promise that was given up, and what it was for let go since: a start finds the one and not the other.
TEST_F(OneShard, WhatIsLeftOfACopyIsNotOfferedToWhoeverHasPromisedTheSlot) {
  titles_[kFive].promise = handoff::Promise{.from = kB, .term = {4, 0}, .migration = {1, 1}, .bytes = 20};
  for (const LastChange& last : {LastChange{{4, 0}, 7, 9}, LastChange{{}, 7, 0}, LastChange{{}, 7, 9}}) {
    numbering_ = {.begin = [](Slot, Term) {},
                  .copied = [](Slot, const handoff::History&) {},
                  .goes_on = {},
                  .history = [last](Slot) { return handoff::History{.last = last}; }};
    start();
    const bool is_part = last.term == Term{} && last.boot != 0;
    const peer::Section said = says(true);
    ASSERT_EQ(said.said, Said::promised);
    ASSERT_TRUE(said.last.has_value());
    EXPECT_EQ(said.last->number, is_part ? 0U : 7U) << last.boot;
  }
}

TEST_F(OneShard, AClaimTakesWhatTheNodeOwnedAboveAllTermsThatAreKnown) {
  start();
  hears(kB, Said::holds, {4, 0});
  all_answer();
  hears(kB, Said::holds, {4, 0});
  const Ownership::Claimed claimed = ownership_->claim(kB, true, now_);
  EXPECT_EQ(claimed.missed, 0);
  EXPECT_EQ(claimed.empty, static_cast<std::int64_t>(claimed.taken.size()));
  EXPECT_EQ(claimed.whole, 0);
  bool found = false;
  for (const handoff::WantedTitle& write : ownership_->moves().wishes().writes) {
    if (write.slot != kFive) continue;
    found = true;
    EXPECT_GT(write.title.title.term, (Term{4, 0}));
  }
  EXPECT_TRUE(found);
}

TEST_F(OneShard, ASlotThatAnotherOwnsIsNotClaimedWithIt) {
  start();
  hears(kC, Said::holds, {4, 0});
  all_answer();
  hears(kC, Said::holds, {4, 0});
  const Ownership::Claimed claimed = ownership_->claim(kB, false, now_);
  EXPECT_THAT(claimed.taken, IsEmpty()) << "and what nobody has said to own only if all have been heard";
}

}  // namespace
}  // namespace limpet::ownership
