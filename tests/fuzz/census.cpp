#include "census.hpp"

#include <limpet/base/limits.hpp>
#include <limpet/base/number.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/resp/value.hpp>
#include <set>

#include "fuzz.hpp"

namespace limpet::fuzz {

namespace {

using resp::Value;
using Keys = std::map<std::string, std::int64_t>;

constexpr std::int64_t kNever = -1;
constexpr std::int64_t kAbsent = -2;
// In this time a key that has ended is reclaimed, if not too many have.
constexpr std::int64_t kReclaimMs = 2'300;
constexpr std::int64_t kWaitMs = 3'000;
constexpr int kScanCallsMax = 100'000;

// A client that asks and is gone again.
class Asker {
 public:
  using Command = std::vector<std::string>;

  explicit Asker(SmallNode& node) : node_(node), stream_(node.open_client("10.0.9.9:9")) {}
  ~Asker() { node_.hang_up(stream_); }
  Asker(const Asker&) = delete;
  Asker& operator=(const Asker&) = delete;

  Value ask(const Command& command) { return ask_all({command})[0]; }
  // One reply for each command.
  std::vector<Value> ask_all(const std::vector<Command>& commands) {
    std::string bytes;
    for (const Command& command : commands) bytes += array_of(command);
    node_.send(stream_, bytes);
    const std::string received = node_.take(stream_);
    std::string_view rest = received;
    std::vector<Value> replies;
    while (!rest.empty()) {
      const auto length = resp::value_length(rest);
      FUZZ_CHECK(length && *length);
      replies.push_back(*resp::read_value(rest.substr(0, **length)));
      rest.remove_prefix(**length);
    }
    FUZZ_CHECK(replies.size() == commands.size());
    return replies;
  }

 private:
  SmallNode& node_;
  SmallNode::Stream stream_;
};

std::set<std::string> scan_all(Asker& asker) {
  std::set<std::string> keys;
  std::string cursor = "0";
  for (int calls = 0; calls < kScanCallsMax; ++calls) {
    const Value reply = asker.ask({"SCAN", cursor, "COUNT", "1000"});
    FUZZ_CHECK(reply.elements.size() == 2);
    for (const Value& key : reply.elements[1].elements) keys.insert(key.text);
    cursor = reply.elements[0].text;
    if (cursor == "0") return keys;
  }
  broken("a SCAN ends", __FILE__, __LINE__);
}

Keys with_ends(Asker& asker, const std::set<std::string>& names) {
  std::vector<Asker::Command> questions;
  for (const std::string& name : names) questions.push_back({"PEXPIRETIME", name});
  const std::vector<Value> answers = asker.ask_all(questions);
  Keys keys;
  std::size_t next = 0;
  for (const std::string& name : names) {
    const Value& ends = answers[next++];
    FUZZ_CHECK(ends.type == Value::Type::integer && ends.integer != kAbsent);
    keys[name] = ends.integer;
  }
  return keys;
}

Keys look_around(SmallNode& node) {
  Asker asker(node);
  return with_ends(asker, scan_all(asker));
}

bool is_between(std::uint64_t value, std::size_t least, std::size_t slack) {
  return value >= least && value <= least + slack;
}

// `keys` are there; of those that ended lately, `unreclaimed` at most still count.
void check_figures(const reports::ShardStats& stats, const Keys& keys, std::size_t unreclaimed) {
  std::set<std::string_view> uids;
  std::size_t ending = 0;
  std::size_t bytes = 0;
  for (const auto& [key, ends] : keys) {
    uids.insert(uid_of(key));
    ending += ends != kNever ? 1U : 0U;
    bytes += key.size();
  }
  FUZZ_CHECK(is_between(stats.store.keys, keys.size(), unreclaimed));
  FUZZ_CHECK(is_between(stats.store.sessions, uids.size(), unreclaimed));
  FUZZ_CHECK(is_between(stats.store.expiring_keys, ending, unreclaimed));
  FUZZ_CHECK(stats.store.bytes >= bytes);
}

}  // namespace

Keys take_census(SmallNode& node) {
  const Keys before = look_around(node);
  node.pass(kWaitMs);
  const std::int64_t now = node.now().unix_ms;
  Keys expected;
  std::size_t unreclaimed = 0;
  for (const auto& [key, ends] : before) {
    if (ends == kNever || ends > now) {
      expected[key] = ends;
    } else if (ends > now - kReclaimMs) {
      ++unreclaimed;
    }
  }
  FUZZ_CHECK(look_around(node) == expected);
  check_figures(node.stats(), expected, unreclaimed);
  return expected;
}

void bound_memory(SmallNode& node, std::int64_t bytes) {
  Asker asker(node);
  FUZZ_CHECK(asker.ask({"CONFIG", "SET", "maxmemory", std::to_string(bytes)}).text == "OK");
  FUZZ_CHECK(asker.ask({"CONFIG", "SET", "maxmemory-policy", "volatile-lru"}).text == "OK");
}

void check_emptying(SmallNode& node) {
  FUZZ_CHECK(Asker(node).ask({"FLUSHALL"}).text == "OK");
  FUZZ_CHECK(Asker(node).ask({"DBSIZE"}).integer == 0);
  FUZZ_CHECK(look_around(node).empty());
  node.pass(kWaitMs);
  const store::StoreStats store = node.stats().store;
  FUZZ_CHECK(store.keys == 0 && store.sessions == 0 && store.expiring_keys == 0);
  FUZZ_CHECK(store.bytes == 0);
}

}  // namespace limpet::fuzz
