#include "listing.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace limpet::shard {

namespace {
constexpr unsigned kSessions = 40;
constexpr unsigned kKeysOfOne = 50;
constexpr unsigned kFields = 300;  // too many to be shown in one go
constexpr char kHash[] = "{steady.h}:h";
}  // namespace

Listing::Listing(SimCluster& cluster, std::vector<std::string_view> refusals)
    : crowd(cluster, std::move(refusals)), cluster_(cluster) {}

void Listing::begin(unsigned node) {
  const auto client = cluster_.connect(node);
  for (unsigned i = 0; i < kSessions; ++i) keys_.insert("{steady." + std::to_string(i) + "}:k");
  for (unsigned i = 0; i < kKeysOfOne; ++i) keys_.insert("{steady}:" + std::to_string(i));
  std::string request = "MSET";
  for (const std::string& key : keys_) request += " " + key + " 1";
  ASSERT_EQ(cluster_.ask(client, request), "OK");
  request = "HSET " + std::string(kHash);
  for (unsigned i = 0; i < kFields; ++i) {
    fields_.insert("f" + std::to_string(i));
    request += " f" + std::to_string(i) + " 1";
  }
  ASSERT_EQ(cluster_.ask(client, request), std::to_string(kFields));
  keys_.insert(kHash);
}

void Listing::add_client(unsigned node) {
  crowd.add_client(node);
  walks_.emplace_back();
  walks_.back().way = static_cast<Way>(cluster_.random(3));
}

std::string Listing::line(const Walk& walk) {
  if (walk.way == Way::keys) return "KEYS {steady*";
  const std::string count = std::to_string(10 + cluster_.random(40));
  if (walk.way == Way::scan) return "SCAN " + walk.cursor + " MATCH {steady* COUNT " + count;
  return "HSCAN " + std::string(kHash) + " " + walk.cursor + " COUNT " + count;
}

void Listing::send_some() {
  for (std::size_t client = 0; client < crowd.size(); ++client) {
    if (!crowd.idle(client)) continue;
    crowd.say(client, line(walks_[client]), [this, client](Fate fate, const resp::Value* reply) {
      // One that is refused, or whose connection ends, is asked again, by another node.
      if (fate == Fate::done) told(walks_[client], *reply);
    });
    crowd.flush(client);
  }
}

void Listing::told(Walk& walk, const resp::Value& reply) {
  ASSERT_EQ(reply.type, resp::Value::Type::array);
  if (walk.way == Way::keys) {
    for (const resp::Value& key : reply.elements) walk.seen.insert(key.text);
    return end(walk);
  }
  ASSERT_EQ(reply.elements.size(), 2U);
  const std::vector<resp::Value>& found = reply.elements[1].elements;
  const std::size_t step = walk.way == Way::fields ? 2 : 1;
  for (std::size_t i = 0; i < found.size(); i += step) walk.seen.insert(found[i].text);
  walk.cursor = reply.elements[0].text;
  walk.told += " " + walk.cursor;
  if (walk.cursor == "0") end(walk);
}

void Listing::end(Walk& walk) {
  ++walks;
  expect_all(walk);
  walk = {.way = static_cast<Way>(cluster_.random(3))};
}

void Listing::expect_all(const Walk& walk) const {
  std::string missed;
  for (const std::string& key : walk.way == Way::fields ? fields_ : keys_) {
    if (!walk.seen.contains(key)) missed += " " + key;
  }
  static constexpr const char* kWays[] = {"SCAN", "HSCAN", "KEYS"};
  EXPECT_EQ(missed, "") << kWays[static_cast<std::size_t>(walk.way)] << " missed what was there all the time"
                        << (walk.told.empty() ? "" : "; its cursors were") << walk.told;
}

void Listing::check(unsigned node) {
  const auto client = cluster_.connect(node);
  for (const Way way : {Way::scan, Way::fields, Way::keys}) {
    Walk walk{.way = way};
    const std::uint64_t before = walks;
    for (int calls = 0; calls < 10'000 && walks == before; ++calls) {
      const auto reply = cluster_.ask_for(client, line(walk));
      ASSERT_TRUE(reply && reply->type == resp::Value::Type::array) << (reply ? reply->text : "no reply");
      told(walk, *reply);
    }
    EXPECT_GT(walks, before);
  }
  const auto all = cluster_.ask_for(client, "KEYS *");
  ASSERT_TRUE(all.has_value());
  EXPECT_EQ(cluster_.ask(client, "DBSIZE"), std::to_string(all->elements.size()));
}

}  // namespace limpet::shard
