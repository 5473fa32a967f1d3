#include <gtest/gtest.h>

#include <limpet/links/company.hpp>
#include <limpet/links/contact.hpp>
#include <vector>

namespace limpet::links {
namespace {

constexpr Now at(std::int64_t ms) { return {.steady_ms = ms}; }

using Others = std::vector<Manner>;

TEST(Contact, OfANodeThatIsAloneInItsFileIsFine) {
  EXPECT_EQ(ContactWatch().judge({}, at(0)), Contact::fine);
}

TEST(Contact, OneLinkIsEnough) {
  EXPECT_EQ(ContactWatch().judge({Manner::refuses, Manner::linked, Manner::silent}, at(0)), Contact::fine);
}

TEST(Contact, IsRefusedWhereAllOthersRefuseTheNode) {
  EXPECT_EQ(ContactWatch().judge({Manner::refuses, Manner::refuses}, at(0)), Contact::refused);
  EXPECT_EQ(ContactWatch().judge({Manner::refuses, Manner::silent}, at(0)), Contact::refused);
  EXPECT_EQ(ContactWatch().judge({Manner::refuses, Manner::gone}, at(0)), Contact::refused);
}

TEST(Contact, IsMissingWhereNoneAnswersThatMayRun) {
  EXPECT_EQ(ContactWatch().judge({Manner::silent, Manner::silent}, at(0)), Contact::unreachable);
  EXPECT_EQ(ContactWatch().judge({Manner::unknown, Manner::unknown}, at(0)), Contact::unreachable);
}

TEST(Contact, OfTheLastOneAliveIsFine) {
  EXPECT_EQ(ContactWatch().judge({Manner::gone, Manner::gone}, at(0)), Contact::fine);
  // It can serve no less than the one that may be left beside it.
  EXPECT_EQ(ContactWatch().judge({Manner::gone, Manner::silent}, at(0)), Contact::fine);
  EXPECT_EQ(ContactWatch().judge({Manner::silent}, at(0)), Contact::fine);
}

TEST(Contact, OfTwoThatRefuseEachOtherTheOneThatCameLastIsRefused) {
  ContactWatch first;
  EXPECT_EQ(first.judge({Manner::linked}, at(0)), Contact::fine);
  EXPECT_EQ(first.judge({Manner::refuses}, at(100'000)), Contact::fine);
  EXPECT_EQ(ContactWatch().judge({Manner::refuses}, at(100'000)), Contact::refused);
}

TEST(Contact, IsNotLostForAMoment) {
  ContactWatch watch;
  EXPECT_EQ(watch.judge({Manner::linked, Manner::linked}, at(0)), Contact::fine);
  const Others lost = {Manner::silent, Manner::silent};
  EXPECT_EQ(watch.judge(lost, at(1'000)), Contact::fine);
  EXPECT_EQ(watch.judge(lost, at(1'000 + kCutOffMs - 1)), Contact::fine);
  EXPECT_EQ(watch.judge(lost, at(1'000 + kCutOffMs)), Contact::unreachable);
  EXPECT_EQ(watch.judge({Manner::linked, Manner::silent}, at(3'000)), Contact::fine);
  EXPECT_EQ(watch.judge(lost, at(4'000)), Contact::fine) << "counted anew";
}

TEST(Contact, OfANodeIsTheWorstOfItsShards) {
  Company company(2);
  EXPECT_EQ(company.contact(), Contact::unreachable) << "nothing has been said";
  company.tell(0, 3, Contact::fine);
  company.tell(1, 4, Contact::refused);
  EXPECT_EQ(company.contact(), Contact::refused);
  company.tell(1, 4, Contact::fine);
  EXPECT_EQ(company.contact(), Contact::fine);
  EXPECT_EQ(company.sessions(), 7U);
}

}  // namespace
}  // namespace limpet::links
