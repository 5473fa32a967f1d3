#include "recording.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace limpet::shard {

// ---- Recording ----

Recording::Recording(SimCluster& cluster, unsigned keys, std::vector<std::string_view> refusals)
    : crowd(cluster, std::move(refusals)), cluster_(cluster) {
  for (unsigned i = 0; i < keys; ++i) keys_.push_back({"{r" + std::to_string(i) + "}:v", {}});
}

void Recording::send_some() {
  for (std::size_t client = 0; client < crowd.size(); ++client) {
    if (!crowd.may_send(client)) continue;
    for (std::uint64_t i = cluster_.random(4); i > 0; --i) do_one(client);
    crowd.flush(client);
  }
}

void Recording::do_one(std::size_t client) {
  if (spans_ && cluster_.random(4) == 0) return do_several(client);
  using Kind = Operation::Kind;
  static constexpr Kind kKinds[] = {Kind::get,    Kind::get,  Kind::get,   Kind::set,          Kind::set,
                                    Kind::append, Kind::take, Kind::erase, Kind::set_if_absent};
  Key& key = keys_[static_cast<std::size_t>(cluster_.random(keys_.size()))];
  Operation operation{.kind = kKinds[cluster_.random(std::size(kKinds))], .client = client};
  operation.value = "v" + std::to_string(++values_) + ".";
  say(client, key, std::move(operation));
}

// To each key the command is one of its own, with the same call and return.
void Recording::do_several(std::size_t client) {
  using Kind = Operation::Kind;
  struct Command {
    const char* name;
    Kind kind;
  };
  static constexpr Command kCommands[] = {
      {"MGET", Kind::get},  {"MGET", Kind::get},     {"MSET", Kind::set},      {"MSET", Kind::set},
      {"DEL", Kind::erase}, {"UNLINK", Kind::erase}, {"EXISTS", Kind::exists}, {"TOUCH", Kind::exists}};
  const Command& command = kCommands[cluster_.random(std::size(kCommands))];
  const std::size_t count = 2 + cluster_.random(2);
  const std::size_t first = cluster_.random(keys_.size());
  std::string line = command.name;
  std::vector<Key*> keys;
  std::vector<Operation> operations;
  const std::int64_t called = ++moments_;
  for (std::size_t i = 0; i < count; ++i) {
    keys.push_back(&keys_[(first + i * 5) % keys_.size()]);
    operations.push_back({.kind = command.kind,
                          .value = "v" + std::to_string(++values_) + ".",
                          .client = client,
                          .called = called});
    line += " " + keys.back()->name;
    if (command.kind == Kind::set) line += " " + operations.back().value;
  }
  crowd.say(client, line,
            [this, keys, operations = std::move(operations)](Fate fate, const resp::Value* reply) mutable {
              told_of_several(keys, std::move(operations), fate, reply);
            });
}

void Recording::told_of_several(const std::vector<Key*>& keys, std::vector<Operation> operations, Fate fate,
                                const resp::Value* reply) {
  using Kind = Operation::Kind;
  const Kind kind = operations.front().kind;
  const bool read = kind == Kind::get || kind == Kind::exists;
  if (fate == Fate::refused || (fate == Fate::in_doubt && read)) return;
  const std::int64_t returned = fate == Fate::done ? ++moments_ : kNeverReturned;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    Operation& operation = operations[i];
    operation.returned = returned;
    if (fate == Fate::done && kind == Kind::get) {
      ASSERT_EQ(reply->elements.size(), keys.size());
      operation.reply = text_of(reply->elements[i]);
    } else if (fate == Fate::done && kind == Kind::set) {
      operation.reply = text_of(*reply);
    } else if (fate == Fate::done) {
      const auto all = static_cast<std::int64_t>(keys.size());
      operation.reply = reply->integer == all ? "1" : reply->integer == 0 ? "0" : kAnyReply;
    }
    keys[i]->history.push_back(std::move(operation));
  }
}

void Recording::happened_to_all(const Operation& operation) {
  for (Key& key : keys_) key.history.push_back(operation);
}

void Recording::may_have_become(const std::function<std::vector<std::string>(std::string_view key)>& values) {
  const std::int64_t now = ++moments_;
  for (Key& key : keys_) {
    for (std::string& value : values(key.name)) {
      const auto kind = value == kNoValue ? Operation::Kind::erase : Operation::Kind::set;
      key.history.push_back(
          {.kind = kind, .value = std::move(value), .client = crowd.size() + 1, .called = now});
    }
  }
}

std::string Recording::line(const Key& key, const Operation& operation) {
  using Kind = Operation::Kind;
  switch (operation.kind) {
    case Kind::get:
      return "GET " + key.name;
    case Kind::set:
      // A far time-out changes nothing, if clocks that step do not.
      return "SET " + key.name + " " + operation.value + (cluster_.random(2) == 0 ? " EX 86400" : "");
    case Kind::set_if_absent:
      return "SETNX " + key.name + " " + operation.value;
    case Kind::append:
      return "APPEND " + key.name + " " + operation.value;
    case Kind::take:
      return "GETDEL " + key.name;
    case Kind::erase:
      return "DEL " + key.name;
    case Kind::exists:
      return "EXISTS " + key.name;
  }
  return {};
}

void Recording::say(std::size_t client, Key& key, Operation operation) {
  operation.called = ++moments_;
  const std::string command = line(key, operation);
  crowd.say(client, command,
            [this, &key, operation = std::move(operation)](Fate fate, const resp::Value* reply) mutable {
              const bool read = operation.kind == Operation::Kind::get;
              if (fate == Fate::refused || (fate == Fate::in_doubt && read)) return;
              if (fate == Fate::done) {
                operation.returned = ++moments_;
                operation.reply = text_of(*reply);
              }
              key.history.push_back(operation);
            });
}

void Recording::read_all(unsigned node) {
  const auto client = cluster_.connect(node);
  for (Key& key : keys_) read_last(client, key);
}

void Recording::check() {
  for (const Key& key : keys_) {
    const Linearizable verdict = check_history(key.history);
    undecided += verdict == Linearizable::undecided;
    EXPECT_NE(verdict, Linearizable::no) << told_of(key);
  }
}

void Recording::read_last(SimCluster::ClientIndex client, Key& key) {
  Operation last{.kind = Operation::Kind::get, .client = crowd.size(), .called = ++moments_};
  const auto reply = cluster_.ask_for(client, "GET " + key.name);
  ASSERT_TRUE(reply && reply->type != resp::Value::Type::error) << key.name;
  last.returned = ++moments_;
  last.reply = text_of(*reply);
  key.history.push_back(std::move(last));
}

std::string Recording::told_of(const Key& key) const {
  static constexpr const char* kNames[] = {"GET", "SET", "SETNX", "APPEND", "GETDEL", "DEL", "EXISTS"};
  std::string text = key.name + " is not linearizable:\n";
  for (const Operation& operation : key.history) {
    const bool returned = operation.returned != kNeverReturned;
    text += std::to_string(operation.called) + "-" +
            (returned ? std::to_string(operation.returned) : std::string("?")) + " client " +
            std::to_string(operation.client) + " " + kNames[static_cast<std::size_t>(operation.kind)] + " " +
            operation.value + " -> " + operation.reply + "\n";
  }
  return text;
}

// ---- Perishing ----

Perishing::Perishing(SimCluster& cluster, std::vector<std::string_view> refusals)
    : crowd(cluster, std::move(refusals)), cluster_(cluster) {}

void Perishing::send_some() {
  for (std::size_t client = 0; client < crowd.size(); ++client) {
    if (!crowd.may_send(client)) continue;
    const std::string near = std::to_string(1 + cluster_.random(kNearMsMax));
    crowd.say(client, "SET near" + std::to_string(near_++) + " x PX " + near,
              [](Fate, const resp::Value*) {});
    const std::size_t far = far_.size();
    far_.push_back(false);
    crowd.say(client, "SET far" + std::to_string(far) + " x PX " + std::to_string(kFarMs),
              [this, far](Fate fate, const resp::Value*) { far_[far] = fate == Fate::done; });
    crowd.flush(client);
  }
}

void Perishing::check(unsigned node) {
  const auto client = cluster_.connect(node);
  for (unsigned i = 0; i < near_; ++i) {
    EXPECT_EQ(cluster_.ask(client, "GET near" + std::to_string(i)), kNoValue) << i << ": its time has passed";
  }
  for (std::size_t i = 0; i < far_.size(); ++i) {
    if (!far_[i]) continue;
    EXPECT_EQ(cluster_.ask(client, "GET far" + std::to_string(i)), "x") << i << ": its time has not come";
  }
}

}  // namespace limpet::shard
