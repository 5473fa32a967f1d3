#include <limpet/command/relocate.hpp>

#include "command_fixture.hpp"

namespace limpet::command {
namespace {

class RelocateTest : public CommandTest {
 protected:
  std::string step(std::initializer_list<std::string_view> words) {
    const std::vector<std::string_view> args(words);
    EXPECT_TRUE(is_step(args));
    Bytes out;
    resp::ReplyWriter reply(out, resp::Version::resp2);
    Context context{.store = store_, .reply = reply, .lookups = lookups_, .now = now_};
    run_step(context, args);
    const auto value = resp::read_value(out.view());
    using Type = resp::Value::Type;
    return value->type == Type::integer ? std::to_string(value->integer)
           : value->type == Type::null  ? "nil"
                                        : value->text;
  }
};

TEST_F(RelocateTest, RenameTakesValueAndTimeOutAlong) {
  run({"SET", "a", "v", "EX", "100"});
  run({"SET", "b", "old"});
  EXPECT_EQ(run({"RENAME", "a", "b"}), "OK");
  EXPECT_EQ(run({"GET", "b"}), "\"v\"");
  EXPECT_EQ(run({"TTL", "b"}), "100");
  EXPECT_EQ(run({"EXISTS", "a"}), "0");
  EXPECT_EQ(run({"RENAME", "a", "b"}), "-ERR no such key");
  EXPECT_EQ(run({"RENAME", "b", "b"}), "OK");
}

TEST_F(RelocateTest, RenamenxLeavesWhatIsThere) {
  run({"MSET", "a", "1", "b", "2"});
  EXPECT_EQ(run({"RENAMENX", "a", "b"}), "0");
  EXPECT_EQ(run({"RENAMENX", "a", "a"}), "0");
  EXPECT_EQ(run({"RENAMENX", "a", "c"}), "1");
  EXPECT_EQ(run({"GET", "b"}), "\"2\"");
}

TEST_F(RelocateTest, CopyIsAnotherValueOfItsOwn) {
  run({"HSET", "a", "f", "1"});
  run({"EXPIRE", "a", "100"});
  EXPECT_EQ(run({"COPY", "a", "b"}), "1");
  EXPECT_EQ(run({"COPY", "a", "b"}), "0");
  run({"HSET", "a", "f", "2"});
  EXPECT_EQ(run({"HGET", "b", "f"}), "\"1\"");
  EXPECT_EQ(run({"TTL", "b"}), "100");
  EXPECT_EQ(run({"COPY", "a", "b", "REPLACE"}), "1");
  EXPECT_EQ(run({"HGET", "b", "f"}), "\"2\"");
  EXPECT_EQ(run({"COPY", "a", "a"}), "-ERR source and destination objects are the same");
  EXPECT_EQ(run({"COPY", "a", "b", "DB", "0"}), "0");
  EXPECT_EQ(run({"COPY", "a", "b", "DB", "1"}), "-ERR DB index is out of range");
  EXPECT_EQ(run({"COPY", "a", "b", "nonsense"}), "-ERR syntax error");
}

TEST_F(RelocateTest, StepsCarryAValueFromNameToName) {
  for (int i = 0; i < 300; ++i) run({"HSET", "h", "f" + std::to_string(i), std::string(1, '\0')});
  run({"SET", "s", "v", "PX", "5000"});
  for (const std::string from : {"h", "s"}) {
    const std::string value = step({kStepRead, from});
    EXPECT_EQ(step({kStepWrite, "to", value, "nx"}), "1");
    EXPECT_EQ(step({kStepWrite, "to", value, "nx"}), "0");
    EXPECT_EQ(step({kStepWrite, "to", value, "replace"}), "1");
    EXPECT_EQ(run({"TYPE", from}), run({"TYPE", "to"}));
    EXPECT_EQ(run({"PTTL", from}), run({"PTTL", "to"}));
    EXPECT_EQ(run({"HLEN", from}), run({"HLEN", "to"}));
    EXPECT_EQ(run({"HGET", from, "f299"}), run({"HGET", "to", "f299"}));
    EXPECT_EQ(run({"GET", from}), run({"GET", "to"}));
    EXPECT_EQ(step({kStepErase, from, digest_of(value)}), "1");
    EXPECT_EQ(step({kStepRead, from}), "nil");
    run({"DEL", "to"});
  }
}

TEST_F(RelocateTest, WhatChangedSinceItWasReadIsNotErased) {
  run({"SET", "a", "1"});
  const std::string digest = digest_of(step({kStepRead, "a"}));
  run({"INCR", "a"});
  EXPECT_EQ(step({kStepErase, "a", digest}), "0");
  EXPECT_EQ(run({"GET", "a"}), "\"2\"");
}

TEST_F(RelocateTest, AValueThatIsNoneIsRefused) {
  const std::string head("h\0\0\0\0\0\0\0\0", 9);
  for (const std::string& bad :
       {std::string(), std::string("x"), head, head + "\xff\xff\xff\xff", head + "abc"}) {
    EXPECT_EQ(step({kStepWrite, "to", bad, "nx"}), "ERR syntax error");
    EXPECT_EQ(run({"EXISTS", "to"}), "0");
  }
}

}  // namespace
}  // namespace limpet::command
