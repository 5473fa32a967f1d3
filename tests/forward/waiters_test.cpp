#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>
#include <limpet/forward/waiters.hpp>

namespace limpet::forward {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr StreamId kFirst{StreamKind::client, 1, 1};
constexpr StreamId kSecond{StreamKind::client, 2, 1};
constexpr Slot kFrozen = 9;

Parked request(std::string_view body, std::int64_t until_ms = 100, std::uint8_t hops = 0) {
  Parked parked;
  parked.hops = hops;
  parked.until_ms = until_ms;
  parked.body.append(body);
  return parked;
}

TEST(Waiters, LeaveInTheOrderOfTheirComing) {
  Waiters waiters;
  waiters.add(kFrozen, kFirst);
  waiters.add(kFrozen, kSecond);
  waiters.park(kFrozen, request("a"));
  waiters.park(kFrozen, request("b"));
  waiters.add(kFrozen + 1, kFirst);
  const Waiters::Waiting waiting = waiters.take(kFrozen);
  EXPECT_THAT(waiting.clients, ElementsAre(kFirst, kSecond));
  ASSERT_THAT(waiting.requests, SizeIs(2));
  EXPECT_EQ(waiting.requests[1].body.view(), "b");
  EXPECT_TRUE(waiters.none_parked());
  EXPECT_THAT(waiters.take(kFrozen).requests, IsEmpty());
}

TEST(Waiters, ASlotIsWantedOnceForAllWhoWait) {
  Waiters waiters;
  EXPECT_TRUE(waiters.want(kFrozen));
  EXPECT_FALSE(waiters.want(kFrozen));
  (void)waiters.take(kFrozen);
  EXPECT_TRUE(waiters.want(kFrozen));
}

TEST(Waiters, DoNotWaitForEver) {
  Waiters waiters;
  waiters.add(kFrozen, kFirst);
  waiters.add(kFrozen, kSecond);
  waiters.park(kFrozen, request("soon", 50));
  waiters.park(kFrozen, request("later", 90));
  const auto until = [](StreamId client) { return std::optional<std::int64_t>(client == kFirst ? 50 : 80); };
  EXPECT_THAT(waiters.expire(until, {.steady_ms = 49}), IsEmpty());
  const std::vector<Waiters::Expired> expired = waiters.expire(until, {.steady_ms = 50});
  ASSERT_THAT(expired, SizeIs(2));
  EXPECT_EQ(expired[0].client, kFirst);
  EXPECT_EQ(expired[1].request.body.view(), "soon");
  EXPECT_THAT(waiters.take(kFrozen).clients, ElementsAre(kSecond));
}

TEST(Waiters, AClientThatIsGoneIsForgotten) {
  Waiters waiters;
  waiters.add(kFrozen, kFirst);
  EXPECT_THAT(waiters.expire([](StreamId) { return std::nullopt; }, {}), IsEmpty());
  EXPECT_TRUE(waiters.want(kFrozen)) << "nobody waits any more";
}

TEST(Waiters, ThoseThatTheOthersWaitForLeaveFirst) {
  Waiters waiters;
  waiters.park(kFrozen, request("a", 100, 1));
  waiters.park(kFrozen, request("returned", 100, 3));
  waiters.park(kFrozen, request("b", 100, 1));
  const std::vector<Parked> some =
      waiters.take_some(kFrozen, [](const Parked& each) { return each.hops == 3; });
  ASSERT_THAT(some, SizeIs(1));
  EXPECT_EQ(some[0].body.view(), "returned");
  const Waiters::Waiting others = waiters.take(kFrozen);
  ASSERT_THAT(others.requests, SizeIs(2));
  EXPECT_EQ(others.requests[0].body.view(), "a");
  EXPECT_TRUE(waiters.none_parked());
}

TEST(Waiters, LargeRequestsTakeNoRoomFromSmallOnes) {
  Waiters waiters;
  const std::string large(kParkedLargeBytes, 'x');
  while (waiters.has_room(large.size())) waiters.park(kFrozen, request(large));
  EXPECT_TRUE(waiters.has_room(10));
  EXPECT_FALSE(waiters.none_parked());
}

}  // namespace
}  // namespace limpet::forward
