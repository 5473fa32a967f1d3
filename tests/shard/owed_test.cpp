// Clients that write more than they read, and what is kept for them: one shard, driven as a socket would.
#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>
#include <limpet/shard/shard.hpp>

#include "sim_cluster.hpp"

namespace limpet::shard {
namespace {

class Owed : public ::testing::Test {
 protected:
  void start(std::size_t client_memory) {
    ShardConfig config;
    config.view = std::make_shared<const cluster::View>(
        cluster::single_node({"127.0.0.1", 7379}, cluster::Durability::none));
    ShardTunables tunables;
    tunables.client_bytes_max = client_memory;
    shard_ = std::make_unique<Shard>(config, tunables, now());
  }
  [[nodiscard]] Now now() const { return {now_ms_, now_ms_}; }
  StreamId connect() { return shard_->client_opened({"127.0.0.1:5", "127.0.0.1:7379"}, now()); }
  Stream* stream(StreamId id) { return shard_->stream(id); }

  // Sends `bytes` for as long as the shard reads, in pieces as they come from a socket, and reads nothing.
  // Returns how many it took.
  std::size_t write(StreamId id, std::string_view bytes) {
    std::size_t taken = 0;
    while (taken < bytes.size() && stream(id)->reading) {
      const std::string_view piece = bytes.substr(taken, kReadChunkBytes);
      shard_->received(id, piece, now());
      taken += piece.size();
      go_on();
    }
    return taken;
  }
  void go_on() {
    while (std::exchange(shard_->effects().again, false)) shard_->go_on(now());
    shard_->effects().dirty.clear();
  }
  // Reads `bytes`, or all that there is.
  std::string read(StreamId id, std::size_t bytes = ~std::size_t{0}) {
    std::string got;
    while (!stream(id)->out.empty() && got.size() < bytes) {
      const std::size_t piece = std::min(stream(id)->out.size(), bytes - got.size());
      got += stream(id)->out.view().substr(0, piece);
      shard_->written(id, piece, now());
      go_on();
    }
    return got;
  }
  [[nodiscard]] std::uint64_t kept() { return shard_->stats().counters.client_memory_bytes; }
  [[nodiscard]] std::vector<std::string> notes() {
    std::vector<std::string> texts;
    for (const Note& note : shard_->effects().notes) texts.push_back(note.text);
    return texts;
  }

  std::int64_t now_ms_ = 1'000'000;
  std::unique_ptr<Shard> shard_;
};

// ECHO of a number and much behind it, and what is answered.
std::pair<std::string, std::string> pipeline(std::size_t from, std::size_t count) {
  std::string commands;
  std::string replies;
  for (std::size_t i = from; i < from + count; ++i) {
    const std::string text = std::to_string(1'000'000 + i) + std::string(93, 'v');
    commands += "*2\r\n$4\r\nECHO\r\n$100\r\n" + text + "\r\n";
    replies += "$100\r\n" + text + "\r\n";
  }
  return {std::move(commands), std::move(replies)};
}

TEST_F(Owed, ALongPipelineIsTakenWholeBeforeAnythingIsRead) {
  start(512_MiB);
  const StreamId client = connect();
  const auto [commands, replies] = pipeline(0, 160'000);  // 20 MB
  EXPECT_EQ(write(client, commands), commands.size());
  EXPECT_GT(kept(), replies.size());
  EXPECT_EQ(read(client), replies);
  EXPECT_LT(kept(), 64_KiB);
  EXPECT_TRUE(notes().empty());
}

TEST_F(Owed, RepliesKeepTheirOrderHoweverReadingAndWritingMix) {
  start(512_MiB);
  const StreamId client = connect();
  std::string expected;
  std::string got;
  for (std::size_t round = 0; round < 60; ++round) {
    const auto [commands, replies] = pipeline(round * 4'000, 1 + (round * 1'237) % 4'000);
    ASSERT_EQ(write(client, commands), commands.size());
    expected += replies;
    got += read(client, (round * 77'777) % 500'000);
  }
  got += read(client);
  EXPECT_TRUE(got == expected);
}

TEST_F(Owed, ATickInTheMiddleChangesNoOrder) {
  start(512_MiB);
  const StreamId client = connect();
  const auto [first, first_replies] = pipeline(0, 30'000);
  const auto [second, second_replies] = pipeline(30'000, 30'000);
  write(client, first);
  std::string got = read(client, 100'000);
  shard_->durable(0, now());
  shard_->tick(now());
  write(client, second);
  got += read(client);
  EXPECT_TRUE(got == first_replies + second_replies);
}

TEST_F(Owed, OneClientGetsHalfOfTheRoomAndGoesOnAsItReads) {
  start(8_MiB);
  const StreamId client = connect();
  const StreamId bystander = connect();
  const auto [commands, replies] = pipeline(0, 160'000);
  std::size_t written = write(client, commands);
  EXPECT_LT(written, 5_MiB) << "what is not taken stays in the socket";
  EXPECT_GT(written, 2_MiB);
  EXPECT_LT(kept(), 6_MiB);
  write(bystander, "PING\r\n");
  EXPECT_EQ(read(bystander), "+PONG\r\n");
  std::string got = read(client);
  while (written < commands.size()) {
    ASSERT_TRUE(stream(client)->reading);
    written += write(client, std::string_view(commands).substr(written));
    got += read(client);
  }
  EXPECT_TRUE(got == replies);
}

TEST_F(Owed, WhoReadsNothingForAMinuteIsClosedAndTheLogSaysSoOnceASecond) {
  start(8_MiB);
  const StreamId clients[] = {connect(), connect(), connect()};
  for (const StreamId client : clients) write(client, pipeline(0, 100).first);
  now_ms_ += kUnreadMs;
  shard_->tick(now());
  for (const StreamId client : clients) EXPECT_TRUE(stream(client)->aborted);
  ASSERT_EQ(notes().size(), 1U);
  EXPECT_EQ(notes()[0], "client 127.0.0.1:5 has not read its replies for 60 s: closed");
  EXPECT_EQ(kept(), 0U);
}

TEST_F(Owed, AStrangerIsOwedLittle) {
  ShardConfig config;
  config.view = std::make_shared<const cluster::View>(
      cluster::single_node({"127.0.0.1", 7379}, cluster::Durability::none));
  ShardTunables tunables;
  tunables.password = "sesame";
  shard_ = std::make_unique<Shard>(config, tunables, now());
  const StreamId client = connect();
  std::string pings;
  for (int i = 0; i < 200'000; ++i) pings += "PING " + std::string(50, 'x') + "\r\n";
  write(client, pings);
  EXPECT_LT(stream(client)->out.size(), kUnauthOutputPauseBytes + kTurnReplyBytes);
}

// ---- Parts of commands, and other nodes ----

std::string set(const std::string& key, std::size_t bytes) {
  return "*3\r\n$3\r\nSET\r\n$" + std::to_string(key.size()) + "\r\n" + key + "\r\n$" +
         std::to_string(bytes) + "\r\n" + std::string(bytes, 'v') + "\r\n";
}

class Gathered : public ::testing::Test {
 protected:
  static std::uint64_t kept(const SimCluster& cluster, unsigned node) {
    return cluster.stats(node).counters.client_memory_bytes;
  }
  // Four keys of a megabyte each, two on node 0 and two on node 1, and an MGET of all.
  static std::string fill(SimCluster& cluster) {
    const auto client = cluster.connect(0);
    std::string mget = "MGET";
    for (const unsigned node : {0U, 1U}) {
      for (const unsigned n : {0U, 1U}) {
        const std::string key = cluster.key_of(node, n);
        cluster.send(client, set(key, 1'000'000));
        mget += " " + key;
      }
    }
    cluster.run_for(2000);
    EXPECT_EQ(cluster.take_replies(client).size(), 4U);
    return mget + "\r\n";
  }
};

TEST_F(Gathered, PartsThatWaitForTheRestCountAndAreGivenBack) {
  SimCluster cluster({.nodes = 2, .shards = 1, .client_bytes_max = 100'000'000});
  const std::string mget = fill(cluster);
  const auto client = cluster.connect(0);
  const std::uint64_t before = kept(cluster, 0);
  cluster.block(0, 1, true);
  cluster.send(client, mget);
  cluster.run_for(50);
  EXPECT_GT(kept(cluster, 0), before + 2'000'000) << "the two parts of this node are kept";
  cluster.block(0, 1, false);
  cluster.run_for(2000);
  EXPECT_EQ(cluster.take_replies(client).size(), 1U);
  EXPECT_LT(kept(cluster, 0), 100'000U);
  EXPECT_LT(kept(cluster, 1), 100'000U);
}

TEST_F(Gathered, PartsBeyondClientMemoryCostTheirClientItsConnectionAndNobodyElse) {
  SimCluster cluster({.nodes = 2, .shards = 1, .client_bytes_max = 8'000'000});
  const std::string mget = fill(cluster);
  const auto bystander = cluster.connect(0);
  const auto client = cluster.connect(0);
  cluster.block(0, 1, true);
  std::string many;
  for (int i = 0; i < 4; ++i) many += mget;
  cluster.send(client, many);
  cluster.run_for(100);
  EXPECT_TRUE(cluster.closed(client));
  EXPECT_LT(kept(cluster, 0), 8'000'000U) << "nor is it kept for one that is gone";
  EXPECT_EQ(cluster.ask(bystander, "GET " + cluster.key_of(0, 7)), "(null)");
  EXPECT_FALSE(cluster.closed(bystander));
  cluster.block(0, 1, false);
  cluster.run_for(3000);
  EXPECT_LT(kept(cluster, 0), 100'000U);
}

TEST_F(Gathered, RepliesForANodeThatDoesNotReadCountAtTheOwner) {
  SimCluster cluster({.nodes = 2, .shards = 1, .client_bytes_max = 16'000'000, .socket_bytes = 1'000'000});
  (void)fill(cluster);
  const auto client = cluster.connect(0);
  const std::string key = cluster.key_of(1, 0);
  EXPECT_EQ(cluster.ask(client, "EXISTS " + key), "1") << "small so far";
  cluster.block_way(1, 0, true);
  std::string gets;
  for (int i = 0; i < 200; ++i) gets += "GET " + key + "\r\n";
  cluster.send(client, gets);
  cluster.run_for(1000);
  EXPECT_GT(kept(cluster, 1), 1'000'000U) << "what the way to that node takes no more stays with the owner";
  EXPECT_LT(kept(cluster, 1), 12'000'000U)
      << "20 MB would wait, were all answered that a client may ask for at once";
}

}  // namespace
}  // namespace limpet::shard
