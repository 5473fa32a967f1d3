// Clients without a shard: the test takes the requests that the intake reads, and says what is safe.
#include <gtest/gtest.h>

#include <limpet/clients/clients.hpp>
#include <string>
#include <utility>

namespace limpet::clients {
namespace {

constexpr Now at(std::int64_t ms) { return {.steady_ms = ms}; }
constexpr std::string_view kPing = "*1\r\n$4\r\nPING\r\n";

class ClientsTest : public testing::Test {
 protected:
  Client& come(bool authenticated = true) {
    return clients_.open({"127.0.0.1:5", "127.0.0.1:6", true}, authenticated, at(now_));
  }
  // Takes up to `most` requests; each is answered by `reply`. Returns how many it took.
  int take(Client& client, std::string_view bytes, std::string_view reply = "+PONG\r\n",
           int most = 1'000'000) {
    Intake& intake = clients_.intake();
    int taken = 0;
    clients_.begin_turn(client, bytes, safe_);
    while (intake.goes_on(client)) {
      (void)intake.read_ahead(client, [](Slot) { return true; });
      for (ParsedRequest* next = intake.next(); next != nullptr; next = intake.next()) {
        if (next->step.kind == resp::RequestStep::Kind::need_more) break;
        if (intake.is_used_up(client) || taken == most || !clients_.may_take(client)) {
          client.turn.stall();
          break;
        }
        clients_.reply(client, [&](Bytes& out) { out.append(reply); });
        intake.took(*next);
        ++taken;
      }
      intake.end_batch(client);
    }
    clients_.end_turn(client, last_, safe_);
    return taken;
  }
  void complete(Client& client, Place* place, std::string_view reply) {
    place->reply.append(reply);
    clients_.complete(client, place, safe_, at(now_));
  }
  static std::string times(int count, std::string_view what) {
    std::string all;
    for (int i = 0; i < count; ++i) all += what;
    return all;
  }
  void read_all(Client& client) {
    while (!client.out.empty()) clients_.written(client, client.out.size(), at(now_));
  }

  std::int64_t now_ = 1'000;
  Lsn safe_ = kEndOfAll;
  bool last_ = false;
  ClientMemory memory_;
  DirtyStreams dirty_;
  Clients clients_{4, 1, memory_, dirty_};
};

TEST_F(ClientsTest, HaveNumbersThatNoOtherShardOfTheNodeGives) {
  EXPECT_EQ(come().number % 4, 1U);
  EXPECT_EQ(come().number % 4, 1U);
  EXPECT_EQ(clients_.size(), 2U);
}

TEST_F(ClientsTest, ThatAreGoneAreNotFoundUnderTheirOldNames) {
  Client& client = come();
  const StreamId id = client.id;
  EXPECT_EQ(clients_.find(id), &client);
  EXPECT_EQ(clients_.find({StreamKind::peer, id.index, id.generation}), nullptr);
  clients_.close(client);
  EXPECT_EQ(clients_.find(id), nullptr);
  come();
  EXPECT_EQ(clients_.find(id), nullptr) << "another one stands there";
}

TEST_F(ClientsTest, RequestsAreReadWhereTheyStandAndOnlyWhatIsLeftIsKept) {
  Client& client = come();
  EXPECT_EQ(take(client, times(40, kPing) + "*1\r\n$4\r\nPI"), 40);
  EXPECT_EQ(client.input.view(), "*1\r\n$4\r\nPI");
  EXPECT_EQ(take(client, "NG\r\n"), 1);
  EXPECT_EQ(client.input.capacity(), 0U) << "what is idle owns no buffer";
  EXPECT_EQ(client.out.view(), times(41, "+PONG\r\n"));
}

TEST_F(ClientsTest, ThatAreStalledKeepTheirRequestsAndGoOnWhenTheyAreWoken) {
  Client& client = come();
  EXPECT_EQ(take(client, times(20, kPing), "+PONG\r\n", 3), 3);
  EXPECT_FALSE(client.reading);
  EXPECT_EQ(client.input.view(), times(17, kPing));
  clients_.wake(client);
  clients_.wake(client);
  EXPECT_EQ(clients_.next_woken(), &client);
  EXPECT_EQ(take(client, {}), 17);
  EXPECT_TRUE(client.reading);
  EXPECT_EQ(clients_.next_woken(), nullptr) << "it was queued once";
}

TEST_F(ClientsTest, ThatAreNotStalledOrEndingAreNotHandedOutThoughTheyWereWoken) {
  Client& idle = come();
  Client& ending = come();
  take(ending, times(2, kPing), "+PONG\r\n", 1);
  clients_.wake(idle);
  clients_.wake(ending);
  clients_.end(ending, safe_);
  EXPECT_EQ(clients_.next_woken(), nullptr);
}

TEST_F(ClientsTest, ThatHaveYieldedWaitForTheirNextQuantum) {
  Client& client = come();
  EXPECT_EQ(take(client, times(1'000, kPing)), static_cast<int>(kTurnCommandsMax));
  client.turn.yield();
  clients_.wake(client);
  EXPECT_EQ(clients_.next_woken(), nullptr);
  client.turn.resume_from_yield();
  clients_.wake(client);
  EXPECT_EQ(clients_.next_woken(), &client);
}

TEST_F(ClientsTest, AQuantumCountsRepliesThatNobodyGets) {
  Client& client = come();
  client.reply_mode = ReplyMode::off;
  const std::string large(kTurnReplyBytes / 4, 'x');
  EXPECT_EQ(take(client, times(100, kPing), large), 5);
  EXPECT_TRUE(client.out.empty());
}

TEST_F(ClientsTest, RepliesLeaveInTheOrderOfTheRequests) {
  Client& client = come();
  Place* const first = clients_.await(client);
  clients_.reply(client, [](Bytes& out) { out.append("+2\r\n"); });
  Place* const third = clients_.await(client);
  complete(client, third, "+3\r\n");
  EXPECT_TRUE(client.out.empty());
  complete(client, first, "+1\r\n");
  EXPECT_EQ(client.out.view(), "+1\r\n+2\r\n+3\r\n");
  EXPECT_TRUE(client.replies.empty());
}

TEST_F(ClientsTest, TheEndOfABarrierIsTheLastReplyThatIsAwaited) {
  Client& client = come();
  Place* const first = clients_.await(client);
  Place* const second = clients_.await(client);
  client.replies.set_barrier();
  EXPECT_FALSE(clients_.may_take(client));
  complete(client, first, "+1\r\n");
  EXPECT_FALSE(clients_.may_take(client));
  complete(client, second, "+2\r\n");
  EXPECT_TRUE(clients_.may_take(client));
}

TEST_F(ClientsTest, SomeRepliesOfAPipelineWaitForTheNextOnesAndNoLongerThanATick) {
  Client& client = come();
  Place* const first = clients_.await(client);
  Place* const second = clients_.await(client);
  complete(client, first, "+1\r\n");
  EXPECT_TRUE(client.held);
  clients_.tick(true, 0, safe_, at(++now_));
  EXPECT_FALSE(client.held);
  complete(client, second, "+2\r\n");
  EXPECT_FALSE(client.held);
}

TEST_F(ClientsTest, OutputThatShowsWhatIsNotSafeStaysAndNothingMoreIsTaken) {
  Client& client = come();
  safe_ = 10;
  clients_.gate(client, 20);
  EXPECT_EQ(take(client, times(2, kPing)), 0);
  EXPECT_TRUE(client.held);
  EXPECT_FALSE(client.reading);
  clients_.release(19);
  EXPECT_TRUE(client.held);
  clients_.release(safe_ = 20);
  EXPECT_FALSE(client.held);
  EXPECT_EQ(clients_.next_woken(), &client);
  EXPECT_EQ(take(client, {}), 2);
}

TEST_F(ClientsTest, GoOnOnlyOnceTheRepliesThatWaitedHaveLeft) {
  Client& client = come();
  take(client, times(2, kPing), "+OK\r\n", 1);
  safe_ = 10;
  clients_.gate(client, 20);
  clients_.release(safe_ = 20);
  EXPECT_EQ(clients_.next_woken(), nullptr);
  read_all(client);
  EXPECT_EQ(clients_.next_woken(), &client);
}

TEST_F(ClientsTest, WhoseOutputWillNeverBeSafeAreAborted) {
  Client& client = come();
  Client& other = come();
  clients_.gate(client, 20);
  clients_.abort_gated(kEndOfAll);
  EXPECT_TRUE(client.aborted);
  EXPECT_FALSE(other.aborted);
}

TEST_F(ClientsTest, ThatEndAreFinishedWithTheirLastReply) {
  Client& client = come();
  Place* const awaited = clients_.await(client);
  clients_.end(client, safe_);
  EXPECT_FALSE(client.finished);
  complete(client, awaited, "+1\r\n");
  EXPECT_TRUE(client.finished);
}

TEST_F(ClientsTest, OfAShardThatStopsEndAfterTheWholeRequestsThatTheyHaveSent) {
  Client& client = come();
  last_ = true;
  EXPECT_EQ(take(client, times(2, kPing) + "*1\r\n"), 2);
  EXPECT_TRUE(client.ending);
  EXPECT_EQ(client.input.capacity(), 0U);
}

TEST_F(ClientsTest, AreToldToTheDriverOnceHoweverOftenTheyChange) {
  Client& client = come();
  take(client, kPing);
  take(client, kPing);
  EXPECT_EQ(dirty_.take(), std::vector<StreamId>{client.id});
}

TEST_F(ClientsTest, ThatReadNothingAreClosedAndNamedInTheLog) {
  Client& client = come();
  take(client, kPing);
  clients_.tick(true, 0, safe_, at(now_ += kUnreadMs));
  EXPECT_TRUE(client.aborted);
  EXPECT_TRUE(client.out.empty());
  ASSERT_EQ(clients_.warnings().size(), 1U);
  EXPECT_EQ(clients_.warnings()[0], "client 127.0.0.1:5 has not read its replies for " +
                                        std::to_string(kUnreadMs / 1000) + " s: closed");
}

TEST_F(ClientsTest, WithTooMuchUnreadAreBrokenAndOwedNothingMore) {
  Client& client = come();
  Place* const first = clients_.await(client);
  (void)clients_.await(client);
  complete(client, first, std::string(kOutputBytesMax + 1, 'x'));
  EXPECT_TRUE(client.broken);
  EXPECT_TRUE(client.finished);
  EXPECT_TRUE(client.out.empty());
}

TEST_F(ClientsTest, ThatDoNotSayWhoTheyAreEndWhereAPasswordIsAskedFor) {
  Client& stranger = come(false);
  Client& known = come(true);
  clients_.tick(true, 0, safe_, at(now_ += kAuthenticateMs));
  EXPECT_FALSE(stranger.ending);
  clients_.tick(false, 0, safe_, at(now_ += kAuthenticateMs));
  EXPECT_TRUE(stranger.ending);
  EXPECT_FALSE(known.ending);
}

TEST_F(ClientsTest, ThatAreIdleEndUnlessAReplyIsAwaited) {
  Client& idle = come();
  Client& waiting = come();
  (void)clients_.await(waiting);
  clients_.tick(true, 5'000, safe_, at(now_ + 4'999));
  EXPECT_FALSE(idle.ending);
  clients_.tick(true, 5'000, safe_, at(now_ + 5'000));
  EXPECT_TRUE(idle.ending);
  EXPECT_FALSE(waiting.ending);
}

TEST_F(ClientsTest, WithTheMostPayWhenAllTogetherHaveTooMuch) {
  memory_.set_bound(4_MiB);
  Client& large = come();
  Client& small = come();
  take(small, kPing, std::string(100, 'x'));
  take(large, kPing, std::string(6_MiB, 'x'));
  memory_.charge(ClientMemory::Whose::client, large.memory, 1);  // a command of it is under way
  ASSERT_TRUE(memory_.exhausted());
  clients_.shed(at(now_));
  EXPECT_TRUE(large.broken);
  EXPECT_FALSE(small.broken);
  EXPECT_EQ(clients_.given_up(), std::vector<StreamId>{large.id});
  EXPECT_FALSE(memory_.exhausted());
}

TEST_F(ClientsTest, ThatHaveReadAllOwnNoBuffer) {
  Client& client = come();
  take(client, kPing);
  EXPECT_GT(memory_.of_clients(), 0U);
  read_all(client);
  EXPECT_EQ(client.out.capacity(), 0U);
  EXPECT_EQ(memory_.of_clients(), 0U);
}

}  // namespace
}  // namespace limpet::clients
