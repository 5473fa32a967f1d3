// Several commands as one: one record, one position to wait for, undone as a whole.
#include <gmock/gmock.h>

#include <deque>
#include <limpet/store/change.hpp>

#include "an_engine.hpp"

namespace limpet::engine {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// Whoever hears of changes, and makes them in a store of its own.
class Hearer final : public ChangeFeed::Subscriber {
 public:
  void changed(Slot slot, std::string_view effects, Lsn end) override {
    ++runs;
    last = end;
    EXPECT_TRUE(store::apply(copy, slot, effects, 0));
  }
  std::size_t runs = 0;
  Lsn last = 0;
  store::Store copy{7};
};

class Batch : public ::testing::Test {
 protected:
  Batch() { engine_.feed().subscribe(hearer_); }
  ~Batch() override { engine_.feed().unsubscribe(hearer_); }

  BatchDone run_batch(const std::vector<std::string>& lines, bool whole,
                      Now now = {1'000, 1'700'000'000'000}) {
    std::deque<std::vector<std::string>> words;
    std::deque<std::vector<std::string_view>> views;
    std::vector<Command> commands;
    for (const std::string& line : lines) {
      std::istringstream in(line);
      std::vector<std::string>& of_line = words.emplace_back();
      for (std::string word; in >> word;) of_line.push_back(word);
      const std::vector<std::string_view>& args = views.emplace_back(of_line.begin(), of_line.end());
      commands.push_back({*command::find(args[0]), args, resp::Version::resp2});
    }
    out_.clear();
    return engine_.run_batch(slot_of(commands[0].args[1]), commands, whole, out_, now);
  }
  [[nodiscard]] std::string reply() const { return std::string(out_.view()); }
  [[nodiscard]] bool waits(Lsn lsn) const { return lsn > engine_.durability().safe(); }

  Engine engine_{{.table_seed = 1, .journal = kStreamOfTest}};
  Hearer hearer_;
  Bytes out_;
};

TEST_F(Batch, IsOneRecordAndItsRepliesWaitForIt) {
  const BatchDone done = run_batch({"SET {u}a 1", "HSET {u}h f v", "INCR {u}a", "GET {u}a"}, true);
  EXPECT_EQ(reply(), "+OK\r\n:1\r\n:2\r\n$1\r\n2\r\n");
  EXPECT_FALSE(done.undone);
  EXPECT_EQ(hearer_.runs, 1U);
  EXPECT_EQ(done.reply_lsn, engine_.feed().end());
  EXPECT_TRUE(waits(done.reply_lsn));
  write_all(engine_);
  EXPECT_FALSE(waits(done.reply_lsn));
}

TEST_F(Batch, OfReadsWaitsForWhatTheyShow) {
  const Lsn set = run(engine_, "SET {u}a 1").lsn;
  EXPECT_EQ(run_batch({"GET {u}a", "GET {u}b"}, true).reply_lsn, set);
  EXPECT_EQ(run_batch({"GET {v}a"}, true).reply_lsn, 0U);
}

TEST_F(Batch, WhereOneFailsTheOthersRunAllTheSame) {
  const BatchDone done = run_batch({"SET {u}a x", "INCR {u}a", "SET {u}b y"}, false);
  EXPECT_FALSE(done.undone);
  EXPECT_THAT(reply(), StartsWith("+OK\r\n-ERR"));
  EXPECT_EQ(run(engine_, "GET {u}b").reply, "$1\r\ny\r\n");
}

TEST_F(Batch, ThatIsToRunAsAWholeIsUndoneAsAWhole) {
  run(engine_, "SET {u}a old PX 60000");
  run(engine_, "HSET {u}h f 1 g 2");
  run(engine_, "SET {u}gone soon");
  const BatchDone done = run_batch({"SET {u}a new", "HSET {u}h f 9 x 1", "HDEL {u}h g", "DEL {u}gone",
                                    "SET {u}fresh 1", "RENAME {u}a {u}b", "INCR {u}b"},
                                   true);
  EXPECT_TRUE(done.undone);
  EXPECT_THAT(reply(), StartsWith("-ERR value is not an integer"));
  EXPECT_THAT(reply(), Not(HasSubstr("+OK"))) << "the error is the only reply";
  EXPECT_EQ(run(engine_, "GET {u}a").reply, "$3\r\nold\r\n");
  EXPECT_EQ(run(engine_, "PTTL {u}a").reply, ":60000\r\n");
  EXPECT_EQ(run(engine_, "HGET {u}h f").reply, "$1\r\n1\r\n");
  EXPECT_EQ(run(engine_, "HGET {u}h g").reply, "$1\r\n2\r\n");
  EXPECT_EQ(run(engine_, "HLEN {u}h").reply, ":2\r\n");
  EXPECT_EQ(run(engine_, "GET {u}gone").reply, "$4\r\nsoon\r\n");
  EXPECT_EQ(run(engine_, "EXISTS {u}fresh {u}b").reply, ":0\r\n");
}

TEST_F(Batch, WhoeverHearsOfChangesEndsWithWhatWasThereBeforeOneThatIsUndone) {
  run(engine_, "SET {u}a old PX 60000");
  run(engine_, "HSET {u}h f 1");
  (void)run_batch({"SET {u}a new", "HSET {u}h f 9", "SET {u}fresh 1", "INCR {u}a"}, true);
  const Slot slot = slot_of("{u}a");
  EXPECT_EQ(hearer_.copy.keys_in(slot), 2U);
  EXPECT_EQ(hearer_.copy.peek(KeyRef::of("{u}a"), 0).string(), "old");
  EXPECT_EQ(hearer_.copy.peek(KeyRef::of("{u}a"), 0).expires_unix_ms(), 1'700'000'060'000);
  std::string_view value;
  EXPECT_TRUE(hearer_.copy.peek(KeyRef::of("{u}h"), 0).field("f", value));
  EXPECT_EQ(value, "1");
}

TEST_F(Batch, IsRefusedBeforeItBeginsWhereNothingCanBeWritten) {
  engine_.durability().set_trouble("no room");
  EXPECT_TRUE(run_batch({"GET {u}a", "SET {u}a 1"}, true).undone);
  EXPECT_EQ(reply(), "-MISCONF no room: writes are refused, reads go on\r\n");
  EXPECT_FALSE(run_batch({"GET {u}a", "GET {u}b"}, true).undone);
  EXPECT_EQ(reply(), "$-1\r\n$-1\r\n");
}

TEST_F(Batch, RoomForAllOfItIsMadeBeforeItBegins) {
  run(engine_, "SET idle " + std::string(400, 'x') + " EX 100");
  engine_.set_memory({.max = engine_.store().stats().bytes + 300, .evict = true});
  hearer_.runs = 0;
  const std::string value(200, 'y');
  EXPECT_FALSE(run_batch({"SET {u}a " + value, "SET {u}b " + value}, true).undone);
  EXPECT_EQ(run(engine_, "EXISTS idle").reply, ":0\r\n");
  EXPECT_EQ(hearer_.runs, 2U) << "the session that made room, and the batch as one";
  engine_.set_memory({.max = engine_.store().stats().bytes + 100, .evict = false});
  EXPECT_TRUE(run_batch({"SET {u}c 1", "SET {u}d " + value}, true).undone);
  EXPECT_THAT(reply(), StartsWith("-OOM"));
  EXPECT_EQ(run(engine_, "EXISTS {u}c").reply, ":0\r\n");
}

}  // namespace
}  // namespace limpet::engine
