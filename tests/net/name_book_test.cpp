// Which names are looked up when, and who is told what: without threads, and without a name server.
#include "name_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>

namespace limpet::net {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class NameBookTest : public ::testing::Test {
 protected:
  static Addresses addresses(std::initializer_list<const char*> texts) {
    Addresses out;
    for (const char* text : texts) out.push_back(asio::ip::make_address(text));
    return out;
  }
  NameBook::Ticket want(const std::string& host) { return book_.want(host, now_ms_); }
  void find(const std::string& host, std::initializer_list<const char*> texts) {
    book_.found(host, addresses(texts), "", now_ms_);
  }
  void find_nothing(const std::string& host, const std::string& why) { book_.found(host, {}, why, now_ms_); }
  void pass(std::int64_t ms) {
    now_ms_ += ms;
    book_.tick(now_ms_);
  }
  // Of those who were told: the ticket, and the first address or why there is none.
  std::vector<std::pair<NameBook::Ticket, std::string>> told() {
    std::vector<std::pair<NameBook::Ticket, std::string>> out;
    for (const NameBook::Told& each : book_.told())
      out.emplace_back(each.ticket, each.addresses.empty() ? each.why : each.addresses[0].to_string());
    return out;
  }
  // Names that were found once, and whose addresses do not count as fresh any more.
  void know(const std::string& host, std::initializer_list<const char*> texts, std::int64_t took_ms = 1) {
    (void)want(host);
    EXPECT_THAT(book_.look_ups(), ElementsAre(host));
    pass(took_ms);
    find(host, texts);
    (void)told();
    pass(kNameFreshMs);
  }

  NameBook book_;
  std::int64_t now_ms_ = 1'000'000;
};

TEST_F(NameBookTest, AllWhoWantANameShareOneLookUp) {
  const auto one = want("n1");
  const auto other = want("n1");
  EXPECT_THAT(book_.look_ups(), ElementsAre("n1"));
  EXPECT_THAT(told(), IsEmpty());
  find("n1", {"10.0.0.1"});
  EXPECT_THAT(told(), ElementsAre(std::pair(one, "10.0.0.1"), std::pair(other, "10.0.0.1")));
}

TEST_F(NameBookTest, OneSlowNameHoldsUpNoOther) {
  (void)want("slow");
  const auto quick = want("quick");
  EXPECT_THAT(book_.look_ups(), ElementsAre("slow", "quick"));
  find("quick", {"10.0.0.2"});
  EXPECT_THAT(told(), ElementsAre(std::pair(quick, "10.0.0.2")));
}

TEST_F(NameBookTest, ManyNamesThatAreKnownToBeSlowLeaveRoomForOthers) {
  for (std::size_t i = 0; i < kLookUpsMax; ++i) {
    const std::string host = "slow" + std::to_string(i);
    (void)want(host);
    EXPECT_THAT(book_.look_ups(), ElementsAre(host));
  }
  pass(kLookUpMs);
  for (std::size_t i = 0; i < kLookUpsMax; ++i) find_nothing("slow" + std::to_string(i), "no answer");
  (void)told();
  pass(kNameFreshMs);
  for (std::size_t i = 0; i < kLookUpsMax; ++i) (void)want("slow" + std::to_string(i));
  EXPECT_EQ(book_.look_ups().size(), kSlowLookUpsMax);
  (void)want("quick");
  EXPECT_THAT(book_.look_ups(), ElementsAre("quick"));
}

TEST_F(NameBookTest, NoMoreAreLookedUpAtATimeThanTheBound) {
  for (std::size_t i = 0; i < 2 * kLookUpsMax; ++i) (void)want("n" + std::to_string(i));
  EXPECT_EQ(book_.look_ups().size(), kLookUpsMax);
  find("n0", {"10.0.0.1"});
  EXPECT_THAT(book_.look_ups(), ElementsAre("n" + std::to_string(kLookUpsMax)));
}

TEST_F(NameBookTest, WhoHasDroppedItsTicketIsNotTold) {
  const auto gone = want("n1");
  const auto there = want("n1");
  book_.drop(gone);
  find_nothing("n1", "never began");  // nobody has taken the look-up yet, but it counts as begun
  EXPECT_THAT(told(), ElementsAre(std::pair(there, "never began")));
  EXPECT_FALSE(book_.anybody_waits());
}

TEST_F(NameBookTest, ALookUpThatNobodyWaitsForAnyMoreIsNotBegun) {
  for (std::size_t i = 0; i < kLookUpsMax; ++i) (void)want("n" + std::to_string(i));
  const auto queued = want("queued");
  EXPECT_EQ(book_.look_ups().size(), kLookUpsMax);
  book_.drop(queued);
  find("n0", {"10.0.0.1"});
  EXPECT_THAT(book_.look_ups(), IsEmpty());
}

TEST_F(NameBookTest, WhatIsKnownDoesWhereNoAnswerComes) {
  know("n1", {"10.0.0.1"});
  const auto ticket = want("n1");
  EXPECT_THAT(book_.look_ups(), ElementsAre("n1")) << "it is looked up all the same";
  pass(kNamePatienceMs - 1);
  EXPECT_THAT(told(), IsEmpty()) << "an answer that comes at once counts first";
  pass(1);
  EXPECT_THAT(told(), ElementsAre(std::pair(ticket, "10.0.0.1")));
}

TEST_F(NameBookTest, WhatIsKnownDoesWhereTheNameServerFindsNothing) {
  know("n1", {"10.0.0.1"});
  const auto ticket = want("n1");
  find_nothing("n1", "Temporary failure in name resolution");
  EXPECT_THAT(told(), ElementsAre(std::pair(ticket, "10.0.0.1")));
}

TEST_F(NameBookTest, AddressesThatChangeAreFollowed) {
  know("n1", {"10.0.0.1"});
  const auto before = want("n1");
  pass(kNamePatienceMs);
  EXPECT_THAT(told(), ElementsAre(std::pair(before, "10.0.0.1")));
  pass(700);
  find("n1", {"10.0.0.2"});  // an answer that came too late for who wanted it
  const auto after = want("n1");
  EXPECT_THAT(told(), ElementsAre(std::pair(after, "10.0.0.2")));
}

TEST_F(NameBookTest, WithoutAnyAddressItIsSaidInTimeThatNoneCame) {
  const auto ticket = want("n1");
  pass(kLookUpMs - 1);
  EXPECT_THAT(told(), IsEmpty());
  pass(1);
  const auto all = told();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].first, ticket);
  EXPECT_THAT(all[0].second, HasSubstr("no name server has said within 15 s what n1 is"));
}

TEST_F(NameBookTest, ANameThatIsStillLookedUpIsNotLookedUpASecondTime) {
  (void)want("n1");
  EXPECT_THAT(book_.look_ups(), ElementsAre("n1"));
  pass(kLookUpMs);
  (void)want("n1");
  EXPECT_THAT(book_.look_ups(), IsEmpty());
}

TEST_F(NameBookTest, AnAnswerCountsForAMomentFoundOrNot) {
  (void)want("n1");
  find_nothing("n1", "Name or service not known");
  (void)told();
  const auto again = want("n1");
  EXPECT_THAT(told(), ElementsAre(std::pair(again, "Name or service not known")));
  (void)book_.look_ups();
  pass(kNameFreshMs);
  (void)want("n1");
  EXPECT_THAT(book_.look_ups(), ElementsAre("n1"));
}

TEST_F(NameBookTest, TheAddressThatWasReachedIsTheFirstToBeTried) {
  know("n1", {"::1", "127.0.0.1"});
  book_.reached("n1", asio::ip::make_address("127.0.0.1"));
  const auto ticket = want("n1");
  find("n1", {"::1", "127.0.0.1"});
  EXPECT_THAT(told(), ElementsAre(std::pair(ticket, "127.0.0.1")));
  pass(kNameFreshMs);
  const auto moved = want("n1");
  find("n1", {"10.0.0.1", "10.0.0.2"});
  EXPECT_THAT(told(), ElementsAre(std::pair(moved, "10.0.0.1"))) << "not where it does not stand any more";
}

TEST_F(NameBookTest, KeepsSoManyNamesAndForgetsTheOneThatWasNotWantedForLongest) {
  know("old", {"10.0.0.1"});
  for (std::size_t i = 0; i < kHostNamesMax; ++i) know("n" + std::to_string(i), {"10.0.0.2"});
  const auto ticket = want("old");
  pass(kNamePatienceMs);
  EXPECT_THAT(told(), IsEmpty()) << "nothing is known of it";
  book_.drop(ticket);
}

}  // namespace
}  // namespace limpet::net
