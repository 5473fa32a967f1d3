// A change is confirmed once as many of its followers have it as replies wait for.
#include <gtest/gtest.h>

#include <initializer_list>
#include <limpet/replica/quorums.hpp>
#include <random>
#include <vector>

namespace limpet::replica {
namespace {

FollowerSet set_of(std::initializer_list<FollowerId> ids) {
  FollowerSet set;
  for (const FollowerId id : ids) set.add(id);
  return set;
}

TEST(Quorums, WhereNobodyIsWaitedForEverythingIsConfirmed) {
  Quorums quorums(10);
  EXPECT_EQ(quorums.confirmed(), 10U);
  quorums.changed(20, {}, 0, 0);
  quorums.changed(30, set_of({1, 2}), 0, 0);
  quorums.changed(40, {}, 1, 0);
  EXPECT_EQ(quorums.confirmed(), 40U) << "it has no followers, so one of them is none";
}

TEST(Quorums, AChangeIsConfirmedOnceSoManyHaveIt) {
  Quorums quorums;
  quorums.changed(100, set_of({0, 1, 2}), 2, 0);
  quorums.confirm(1, 60);
  EXPECT_EQ(quorums.confirmed(), 0U);
  quorums.confirm(0, 40);
  EXPECT_EQ(quorums.confirmed(), 40U) << "the second of them has so much";
  quorums.confirm(2, 100);
  EXPECT_EQ(quorums.confirmed(), 60U);
  quorums.confirm(0, 30);
  EXPECT_EQ(quorums.confirmed(), 60U) << "what was confirmed stays so";
  quorums.confirm(0, 150);
  EXPECT_EQ(quorums.confirmed(), 100U);
}

TEST(Quorums, AChangeWaitsForThoseBeforeIt) {
  Quorums quorums;
  quorums.changed(100, set_of({0}), 1, 0);
  quorums.changed(200, set_of({1}), 1, 0);
  quorums.changed(300, {}, 0, 0);
  quorums.confirm(1, 200);
  EXPECT_EQ(quorums.confirmed(), 0U);
  quorums.confirm(0, 100);
  EXPECT_EQ(quorums.confirmed(), 300U);
}

TEST(Quorums, ARunThatNeverEndsIsConfirmedAsFarAsItGoes) {
  Quorums quorums;
  for (Lsn end = 100; end <= 10'000; end += 100) {
    quorums.changed(end, set_of({3}), 1, 0);
    quorums.confirm(3, end - 100);
    EXPECT_EQ(quorums.confirmed(), end - 100);
  }
}

TEST(Quorums, WhoeverIsOutIsWaitedForNoMore) {
  Quorums quorums;
  quorums.changed(100, set_of({0, 1}), 2, 0);
  quorums.changed(200, set_of({1}), 1, 0);
  quorums.confirm(0, 100);
  EXPECT_EQ(quorums.confirmed(), 0U);
  quorums.out(1);
  EXPECT_EQ(quorums.confirmed(), 200U);
}

TEST(Quorums, ANumberThatIsUsedAgainHasNothing) {
  Quorums quorums;
  quorums.changed(100, set_of({0}), 1, 0);
  quorums.confirm(0, 100);
  quorums.out(0);
  quorums.changed(200, set_of({0}), 1, 0);
  EXPECT_EQ(quorums.confirmed(), 100U);
  quorums.confirm(0, 150);
  EXPECT_EQ(quorums.confirmed(), 150U);
}

TEST(Quorums, FewerThanTheLeastAreNeverEnough) {
  Quorums quorums;
  quorums.changed(100, set_of({0, 1}), 1, 1);
  quorums.out(0);
  EXPECT_EQ(quorums.give_up_stuck(), std::nullopt);
  quorums.out(1);
  EXPECT_EQ(quorums.confirmed(), 0U);
  EXPECT_EQ(quorums.give_up_stuck(), (Quorums::Span{0, 100}));
  EXPECT_EQ(quorums.give_up_stuck(), std::nullopt);
  EXPECT_EQ(quorums.confirmed(), 100U);
}

// Change by change, as it would be done without runs.
struct Plain {
  struct Change {
    Lsn end;
    std::vector<FollowerId> followers;
    unsigned wanted;
  };
  std::vector<Change> changes;
  std::vector<Lsn> has = std::vector<Lsn>(6);
  Lsn confirmed = 0;

  void count() {
    for (const Change& change : changes) {
      if (change.end <= confirmed) continue;
      unsigned have = 0;
      for (const FollowerId each : change.followers) have += has[each] >= change.end ? 1U : 0U;
      if (have < std::min<std::size_t>(change.wanted, change.followers.size())) return;
      confirmed = change.end;
    }
  }
};

TEST(Quorums, RunsSayWhatChangesWouldSay) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&](unsigned count) { return static_cast<unsigned>(random() % count); };
    Quorums quorums;
    Plain plain;
    Lsn end = 0;
    for (int step = 0; step < 400; ++step) {
      const auto who = static_cast<FollowerId>(pick(6));
      if (pick(3) != 0) {
        end += 10;
        FollowerSet followers;
        const unsigned many = pick(4);
        for (unsigned i = 0; i < many; ++i) followers.add(static_cast<FollowerId>((who + i) % 6U));
        const unsigned wanted = pick(4);
        quorums.changed(end, followers, wanted, 0);
        plain.changes.push_back({end, std::vector<FollowerId>(followers.begin(), followers.end()), wanted});
      } else if (pick(40) != 0) {
        const Lsn has = std::max(plain.has[who], end - std::min<Lsn>(end, 10ULL * pick(8)));
        quorums.confirm(who, has);
        plain.has[who] = has;
      } else {
        quorums.out(who);
        plain.has[who] = 0;
        for (Plain::Change& change : plain.changes) std::erase(change.followers, who);
      }
      plain.count();
      // Changes end at tens; a run may be confirmed in between.
      ASSERT_EQ(quorums.confirmed() / 10, plain.confirmed / 10) << "seed " << seed << ", step " << step;
    }
  }
}

}  // namespace
}  // namespace limpet::replica
