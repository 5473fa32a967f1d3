#include <gtest/gtest.h>

#include <limpet/clients/replies.hpp>
#include <string>

namespace limpet::clients {
namespace {

class Replies : public ::testing::Test {
 protected:
  ~Replies() override { queue_.clear(pool_); }

  Place* await(bool mute = false) { return queue_.await(pool_, mute); }
  void local(std::string_view reply) {
    queue_.open(pool_).append(reply);
    queue_.wrote(reply.size());
  }
  void answer(Place* place, std::string_view reply) {
    place->reply.append(reply);
    queue_.complete(place, pool_, out_);
  }

  PlacePool pool_;
  ReplyQueue queue_;
  Bytes out_;
};

TEST_F(Replies, LeaveInTheOrderOfTheirCommands) {
  Place* first = await();
  local("b");
  local("c");
  Place* second = await();
  local("e");
  answer(second, "d");
  EXPECT_EQ(out_.view(), "") << "the first is still awaited";
  answer(first, "a");
  EXPECT_EQ(out_.view(), "abcde");
  EXPECT_TRUE(queue_.empty());
  EXPECT_EQ(queue_.bytes(), 0U);
}

TEST_F(Replies, AMutedOneKeepsItsTurnAndSaysNothing) {
  Place* first = await(true);
  Place* second = await();
  answer(second, "b");
  answer(first, "a");
  EXPECT_EQ(out_.view(), "b");
}

TEST_F(Replies, CountWhatIsAwaitedAndWhatTheyHold) {
  Place* first = await();
  local("12345");
  EXPECT_EQ(queue_.awaited(), 1U);
  EXPECT_EQ(queue_.bytes(), 5U);
  answer(first, "x");
  EXPECT_EQ(queue_.awaited(), 0U);
}

TEST_F(Replies, ALargeReplyChangesHands) {
  Place* first = await();
  answer(first, std::string(100'000, 'x'));
  EXPECT_EQ(out_.size(), 100'000U);
}

}  // namespace
}  // namespace limpet::clients
