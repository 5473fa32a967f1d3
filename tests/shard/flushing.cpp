#include "flushing.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <utility>

namespace limpet::shard {

namespace {
constexpr char kPrefix[] = "flush.";
}

Flushing::Flushing(SimCluster& cluster, std::vector<std::string_view> refusals, Recording& others)
    : crowd(cluster, std::move(refusals)), cluster_(cluster), others_(others) {}

void Flushing::send_some() {
  for (std::size_t client = 0; client < crowd.size(); ++client) {
    if (!crowd.idle(client)) continue;
    for (std::uint64_t i = cluster_.random(12); i > 0; --i) {
      const std::size_t number = keys_.size();
      keys_.push_back(State::unknown);
      crowd.say(client, "SET " + std::string(kPrefix) + std::to_string(number) + " x",
                [this, number](Fate fate, const resp::Value*) {
                  if (fate == Fate::done) keys_[number] = State::set;
                });
    }
    if (cluster_.random(6) == 0) flush();
    crowd.flush(client);
  }
}

void Flushing::flush() {
  constexpr std::size_t kClient = 0;
  Operation all{
      .kind = Operation::Kind::erase, .client = others_.crowd.size() + 2, .called = others_.moment()};
  // Its own earlier ones come first; those that were answered before have certainly happened.
  crowd.say(kClient, "FLUSHALL", [this, all](Fate fate, const resp::Value* reply) mutable {
    if (fate == Fate::refused) return;
    if (fate == Fate::done) {
      ++flushes;
      all.returned = others_.moment();
      all.reply = kAnyReply;
      EXPECT_EQ(reply->text, "OK");
      for (State& state : keys_) {
        if (state == State::set) state = State::gone;
      }
    }
    // Once, though a slot that moves may have been asked for again and again: what is written behind that
    // stays.
    others_.happened_to_all(all);
  });
  look();
}

void Flushing::look() {
  crowd.say(0, "KEYS " + std::string(kPrefix) + "*", [this](Fate fate, const resp::Value* reply) {
    if (fate == Fate::done) expect_gone(*reply);
  });
}

void Flushing::expect_gone(const resp::Value& keys) const {
  std::string left;
  for (const resp::Value& key : keys.elements) {
    const auto number = std::strtoull(key.text.c_str() + sizeof(kPrefix) - 1, nullptr, 10);
    if (keys_.at(number) == State::gone) left += " " + key.text;
  }
  EXPECT_EQ(left, "") << "keys have outlived a FLUSHALL that was answered with OK";
}

void Flushing::check(unsigned node) {
  const auto reply = cluster_.ask_for(cluster_.connect(node), "KEYS " + std::string(kPrefix) + "*");
  ASSERT_TRUE(reply && reply->type == resp::Value::Type::array) << (reply ? reply->text : "no reply");
  expect_gone(*reply);
}

}  // namespace limpet::shard
