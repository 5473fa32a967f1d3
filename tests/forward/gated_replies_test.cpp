#include <gtest/gtest.h>

#include <limpet/forward/gated_replies.hpp>
#include <string>

namespace limpet::forward {
namespace {

GatedReply reply(Lsn lsn, std::string_view body, Origin::Kind kind = Origin::Kind::peer) {
  GatedReply gated;
  gated.lsn = lsn;
  gated.origin.kind = kind;
  gated.body.append(body);
  return gated;
}

TEST(GatedReplies, LeaveOnceWhatTheyShowIsSafeInTheOrderOfTheirComing) {
  GatedReplies gated;
  gated.add(reply(10, "a"));
  gated.add(reply(10, "b"));
  gated.add(reply(30, "c"));
  EXPECT_FALSE(gated.next(9));
  EXPECT_EQ(gated.next(29)->body.view(), "a");
  EXPECT_EQ(gated.next(29)->body.view(), "b");
  EXPECT_FALSE(gated.next(29));
  EXPECT_FALSE(gated.empty());
  EXPECT_EQ(gated.take_first()->body.view(), "c") << "should nothing more become safe";
  EXPECT_TRUE(gated.empty());
}

TEST(GatedReplies, OfLargeOnesForOtherShardsSomeAreKept) {
  GatedReplies gated;
  const Origin shard{.kind = Origin::Kind::sibling};
  const std::string large(kLinkBytesMax + 1, 'x');
  EXPECT_TRUE(gated.has_room(shard, large.size()));
  gated.add(reply(1, large, Origin::Kind::sibling));
  EXPECT_FALSE(gated.has_room(shard, large.size()));
  EXPECT_TRUE(gated.has_room(shard, 5)) << "what they are told instead finds room";
  EXPECT_TRUE(gated.has_room({.kind = Origin::Kind::peer}, large.size())) << "whose account that is on";
  (void)gated.next(1);
  EXPECT_TRUE(gated.has_room(shard, large.size()));
}

}  // namespace
}  // namespace limpet::forward
