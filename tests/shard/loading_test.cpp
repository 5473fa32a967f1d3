// While sessions are loaded: what is there is served, what is not is waited for, and nobody waits without
// end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>
#include <limpet/cluster/view.hpp>
#include <limpet/peer/frame.hpp>
#include <limpet/shard/shard.hpp>

#include "sim_cluster.hpp"

namespace limpet::shard {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// Shard 0 of two, which has been given none of its slots yet.
class Loading : public ::testing::Test {
 protected:
  Loading() : file_(*cluster::parse_file(cluster_text(1), "test.toml")) {
    ShardConfig config;
    config.view = std::make_shared<const cluster::View>(file_.view);
    config.shards = 2;
    config.journal = {{.stream = {.generation = 1, .shard = 0}, .shards = 2, .nonce = 77}};
    config.loads = true;
    shard_ = std::make_unique<Shard>(config, ShardTunables{}, now_);
  }

  StreamId connect() { return shard_->client_opened({"client", "here"}, now_); }
  std::string ask(StreamId client, const std::string& line) {
    shard_->received(client, line + "\r\n", now_);
    return written(client);
  }
  // What the client gets; all changes are safe at once.
  std::string written(StreamId client) {
    std::string all;
    while (true) {
      shard_->take_changes();
      position_ += std::exchange(shard_->effects().changes, {}).size();
      shard_->durable(position_, now_);
      Stream* stream = shard_->stream(client);
      if (stream == nullptr || stream->held || stream->out.empty()) return all;
      all += stream->out.view();
      shard_->written(client, stream->out.size(), now_);
    }
  }
  void wait(std::int64_t ms) {
    now_.steady_ms += ms;
    now_.unix_ms += ms;
    shard_->tick(now_);
  }

  // A slot comes from the disk, with a string in each of these keys.
  void load(Slot slot, const std::vector<std::string>& keys, LoadPiece::End end = LoadPiece::End::whole) {
    LoadPiece piece;
    store::EffectWriter effects;
    effects.begin(piece.bytes);
    for (const std::string& key : keys) effects.put_string(key, "from the disk", kNoExpiry);
    piece.steps = {{slot, end, piece.bytes.size(), keys.size()}};
    shard_->take_load(piece, now_);
  }
  void load(const std::string& key) { load(slot_of(key), {key}); }
  // All but those of the first two keys.
  void load_others() {
    LoadPiece piece;
    for (unsigned slot = 0; slot < kSlots; slot += 2) {
      if (slot == slot_of(key(0)) || slot == slot_of(key(1))) continue;
      piece.steps.push_back({static_cast<Slot>(slot), LoadPiece::End::whole, 0, 0});
    }
    shard_->take_load(piece, now_);
  }
  // A key of this shard; different ones are of different slots.
  static std::string key(int n) {
    int found = 0;
    for (int i = 0;; ++i) {
      std::string name = "k" + std::to_string(i);
      if (slot_of(name) % 2 == 0 && found++ == n) return name;
    }
  }

  // The other shard asks for something.
  void ask_as_sibling(std::uint64_t id, const std::vector<std::string_view>& args) {
    Bytes body;
    peer::append_request(body, {.epoch = 1, .hops = 1, .authenticated = true}, args);
    Bytes batch;
    peer::append_frame(
        batch, {.type = peer::FrameType::request, .slot = slot_of(args[1]), .id = id, .body = body.view()});
    shard_->from_sibling(1, batch.view(), now_);
  }
  struct Answer {
    std::uint64_t id;
    peer::Outcome outcome;
    std::string body;
    friend bool operator==(const Answer&, const Answer&) = default;
  };
  std::vector<Answer> answers() {
    shard_->take_changes();
    position_ += std::exchange(shard_->effects().changes, {}).size();
    shard_->durable(position_, now_);
    shard_->take_batches();
    std::vector<Answer> answers;
    for (const auto& [sibling, batch] : std::exchange(shard_->effects().batches, {})) {
      std::string_view left = batch.view();
      while (!left.empty()) {
        const peer::FrameStep step = peer::next_frame(left, kFrameBytesMax);
        answers.push_back(
            {step.frame.id, static_cast<peer::Outcome>(step.frame.bits), std::string(step.frame.body)});
        left.remove_prefix(step.consumed);
      }
    }
    return answers;
  }

  cluster::ClusterFile file_;
  Now now_{1'000, 1'700'000'000'000};
  std::unique_ptr<Shard> shard_;
  std::uint64_t position_ = 0;
};

TEST_F(Loading, ACommandWaitsForItsSlotAndHasItLoadedBeforeOthers) {
  const StreamId client = connect();
  EXPECT_EQ(ask(client, "GET " + key(0)), "");
  EXPECT_THAT(shard_->effects().wanted, ElementsAre(slot_of(key(0))));
  load(key(1));
  EXPECT_EQ(written(client), "") << "that was another slot";
  load(key(0));
  EXPECT_EQ(written(client), "$13\r\nfrom the disk\r\n");
}

TEST_F(Loading, WhatIsThereIsServedWhileOthersWait) {
  load(key(0));
  const StreamId waiting = connect();
  EXPECT_EQ(ask(waiting, "GET " + key(1)), "");
  const StreamId client = connect();
  EXPECT_EQ(ask(client, "GET " + key(0)), "$13\r\nfrom the disk\r\n");
  EXPECT_EQ(ask(client, "SET " + key(0) + " new"), "+OK\r\n");
  EXPECT_EQ(ask(client, "PING"), "+PONG\r\n");
}

TEST_F(Loading, APipelineKeepsItsOrder) {
  load(key(0));
  const StreamId client = connect();
  EXPECT_EQ(ask(client, "GET " + key(0) + "\r\nSET " + key(1) + " 5\r\nINCR " + key(1) + "\r\nGET " + key(0)),
            "$13\r\nfrom the disk\r\n");
  load(key(1));
  EXPECT_EQ(written(client), "+OK\r\n:6\r\n$13\r\nfrom the disk\r\n");
}

TEST_F(Loading, WhoHasWaitedLongEnoughIsToldSoAndDoesNotWaitAgainForEachCommand) {
  const StreamId client = connect();
  const std::string get = "GET " + key(0);
  EXPECT_EQ(ask(client, get + "\r\n" + get + "\r\nPING"), "");
  wait(kLoadingWaitMs - 1);
  EXPECT_EQ(written(client), "");
  wait(1);
  const std::string told = written(client);
  EXPECT_THAT(told, StartsWith("-LOADING slot " + std::to_string(slot_of(key(0)))));
  EXPECT_EQ(std::count(told.begin(), told.end(), '\n'), 3) << "both and the PING: " << told;
  wait(2 * kLoadingWaitMs);
  EXPECT_EQ(ask(client, get), "") << "later it waits again";
  load(key(0));
  EXPECT_EQ(written(client), "$13\r\nfrom the disk\r\n");
}

TEST_F(Loading, ACommandOfManyKeysWaitsForAllOfThem) {
  load(key(0));
  const StreamId client = connect();
  EXPECT_EQ(ask(client, "MGET " + key(0) + " " + key(1)), "");
  load(key(1));
  EXPECT_EQ(written(client), "*2\r\n$13\r\nfrom the disk\r\n$13\r\nfrom the disk\r\n");
  EXPECT_EQ(ask(client, "RENAME " + key(0) + " " + key(2)), "");
  load(slot_of(key(2)), {});
  EXPECT_EQ(written(client), "+OK\r\n");
}

TEST_F(Loading, AllSlotsOfACommandAreAskedForAtOnce) {
  const StreamId client = connect();
  EXPECT_EQ(ask(client, "MGET " + key(0) + " " + key(1) + " " + key(2)), "");
  EXPECT_THAT(shard_->effects().wanted,
              ::testing::UnorderedElementsAre(slot_of(key(0)), slot_of(key(1)), slot_of(key(2))));
}

TEST_F(Loading, CommandsAboutAllKeysSayThatSomeAreMissing) {
  load(key(0));
  const StreamId client = connect();
  for (const std::string line : {"DBSIZE", "KEYS *", "RANDOMKEY", "FLUSHALL", "SCAN 0"}) {
    const StreamId asking = connect();
    ask(asking, line);
    for (const Answer& asked : answers()) {
      Bytes batch;
      peer::append_frame(batch, {.type = peer::FrameType::reply, .id = asked.id, .body = "-LOADING too\r\n"});
      shard_->from_sibling(1, batch.view(), now_);
    }
    EXPECT_THAT(written(asking), StartsWith("-LOADING")) << line;
  }
  EXPECT_EQ(ask(client, "GET " + key(0)), "$13\r\nfrom the disk\r\n");
}

TEST_F(Loading, RequestsOfOtherShardsWaitAndRunInTheirOrder) {
  const std::string name = key(0);
  ask_as_sibling(1, {"APPEND", name, "!"});
  ask_as_sibling(2, {"APPEND", name, "?"});
  ask_as_sibling(3, {"GET", name});
  EXPECT_THAT(answers(), IsEmpty());
  load(name);
  EXPECT_THAT(answers(), ElementsAre(Answer{1, peer::Outcome::done, ":14\r\n"},
                                     Answer{2, peer::Outcome::done, ":15\r\n"},
                                     Answer{3, peer::Outcome::done, "$15\r\nfrom the disk!?\r\n"}));
}

TEST_F(Loading, RequestsOfOtherShardsThatWaitTooLongHaveNotHappened) {
  const std::string name = key(0);
  ask_as_sibling(1, {"SET", name, "v"});
  wait(kLoadingWaitMs);
  const std::vector<Answer> told = answers();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].outcome, peer::Outcome::unavailable);
  EXPECT_THAT(told[0].body, StartsWith("LOADING"));
  load(name);
  const StreamId client = connect();
  EXPECT_EQ(ask(client, "GET " + name), "$13\r\nfrom the disk\r\n");
}

TEST_F(Loading, NoMoreRequestsArePutAsideThanTheirBoundAllows) {
  const std::string name = key(0);
  const std::string value(1_MiB, 'v');
  std::size_t refused = 0;
  for (std::uint64_t id = 1; id <= 20; ++id) {
    ask_as_sibling(id, {"SET", name, value});
    refused += answers().size();
  }
  EXPECT_EQ(refused, 20 - kParkedBytesMax / 1_MiB + 1) << "each takes some bytes more than its value";
  load(name);
  EXPECT_EQ(answers().size(), 20 - refused);
}

TEST_F(Loading, AClientThatGoesAwayLeavesNothingBehind) {
  const StreamId client = connect();
  ask(client, "GET " + key(0));
  shard_->closed(client, "gone", now_);
  wait(10);
  load(key(0));
  EXPECT_EQ(ask(connect(), "GET " + key(0)), "$13\r\nfrom the disk\r\n");
}

TEST_F(Loading, ADamagedSlotIsRefusedAndTheOthersAreServed) {
  const StreamId client = connect();
  EXPECT_EQ(ask(client, "SET " + key(0) + " v"), "");
  load(slot_of(key(0)), {}, LoadPiece::End::damaged);
  EXPECT_THAT(written(client), HasSubstr("-MISCONF slot " + std::to_string(slot_of(key(0))) + " is damaged"));
  ask_as_sibling(1, {"GET", key(0)});
  EXPECT_EQ(answers()[0].outcome, peer::Outcome::unavailable);
  load(key(1));
  EXPECT_EQ(ask(client, "GET " + key(1)), "$13\r\nfrom the disk\r\n");
  load_others();
  EXPECT_EQ(shard_->stats().disk.slots_loading, 0U);
  EXPECT_EQ(shard_->stats().disk.slots_damaged, 1U);
}

TEST_F(Loading, BytesThatAreNoEffectsMakeTheSlotDamagedAndLeaveNothingOfIt) {
  LoadPiece piece;
  store::EffectWriter effects;
  effects.begin(piece.bytes);
  effects.put_string(key(0), "half", kNoExpiry);
  piece.bytes.append("\xff rubbish");
  piece.steps = {{slot_of(key(0)), LoadPiece::End::whole, piece.bytes.size(), 1}};
  shard_->take_load(piece, now_);
  EXPECT_THAT(ask(connect(), "GET " + key(0)), StartsWith("-MISCONF"));
  EXPECT_EQ(shard_->stats().store.keys, 0U);
  EXPECT_THAT(shard_->effects().notes.front().text, HasSubstr("cannot be loaded"));
}

TEST_F(Loading, NothingIsCopiedBeforeAllSlotsAreServed) {
  shard_->inherit(std::uint64_t{1} << 40);
  load(key(0));
  load(slot_of(key(1)), {}, LoadPiece::End::damaged);
  wait(kTickMs);
  EXPECT_FALSE(shard_->stats().disk.snapshot_open);
  load_others();
  wait(kTickMs);
  EXPECT_FALSE(shard_->stats().disk.snapshot_open)
      << "the old files are all that there is of the damaged slot";
}

}  // namespace
}  // namespace limpet::shard
