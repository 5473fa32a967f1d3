#include "large_values.hpp"

#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>
#include <utility>

namespace limpet::shard {

namespace {
constexpr unsigned kLargeFields = 3;

std::string request_of(const std::vector<std::string>& words) {
  std::string request = "*" + std::to_string(words.size());
  for (const std::string& word : words) request += "\r\n$" + std::to_string(word.size()) + "\r\n" + word;
  return request;
}
}  // namespace

// What is too large to be renamed from node to node is an error of that command alone.
LargeValues::LargeValues(SimCluster& cluster, std::vector<std::string_view> refusals)
    : crowd(cluster,
            [&] {
              refusals.emplace_back("ERR");
              return std::move(refusals);
            }(),
            {kNoSuchKey}),
      cluster_(cluster) {}

void LargeValues::forget() {
  ++life_;
  keys_ = {};
}

std::string LargeValues::name_of(std::size_t key) const {
  return "{large." + std::to_string(life_) + "." + std::to_string(key) + "}";
}

void LargeValues::send_some() {
  if (crowd.size() == 0 || !crowd.idle(0)) return;
  switch (cluster_.random(12)) {
    case 0:
    case 1:
      return set_field();
    case 2:
      return erase_key();
    case 3:
      return rename();
    default:
      return look();
  }
}

// `apply` does to keys_ what the command does, and returns the reply that it expects.
void LargeValues::say(const std::vector<std::string>& words, std::function<std::string()> apply) {
  const std::string name = words[0] + " " + words[1];
  crowd.say(0, request_of(words),
            [this, name, apply = std::move(apply), life = life_](Fate fate, const resp::Value* reply) {
              if (life != life_ || fate == Fate::refused) return;
              if (fate == Fate::in_doubt) return forget();
              EXPECT_EQ(text_of(*reply), apply()) << name;
            });
  crowd.flush(0);
}

void LargeValues::set_field() {
  static constexpr std::size_t kLengths[] = {100, kBulkBytesMax / 8, kBulkBytesMax / 2, kBulkBytesMax};
  const std::size_t key = cluster_.random(kKeys);
  const std::string field = "f" + std::to_string(cluster_.random(kLargeFields));
  // Lengths tell values apart.
  const std::size_t length = kLengths[cluster_.random(std::size(kLengths))] - cluster_.random(100);
  say({"HSET", name_of(key), field, std::string(length, 'x')}, [=, this] {
    const bool fresh = !keys_[key].contains(field);
    keys_[key][field] = length;
    return fresh ? "1" : "0";
  });
}

void LargeValues::erase_key() {
  const std::size_t key = cluster_.random(kKeys);
  say({"DEL", name_of(key)}, [=, this] { return std::exchange(keys_[key], {}).empty() ? "0" : "1"; });
}

void LargeValues::rename() {
  const std::size_t from = cluster_.random(kKeys);
  const std::size_t to = (from + 1) % kKeys;
  say({"RENAME", name_of(from), name_of(to)}, [=, this] {
    if (keys_[from].empty()) return kNoSuchKey;
    keys_[to] = std::exchange(keys_[from], {});
    return "OK";
  });
}

void LargeValues::look() {
  const std::size_t key = cluster_.random(kKeys);
  const std::string field = "f" + std::to_string(cluster_.random(kLargeFields));
  say({"HSTRLEN", name_of(key), field}, [=, this] {
    const auto found = keys_[key].find(field);
    return std::to_string(found == keys_[key].end() ? 0 : found->second);
  });
}

void LargeValues::check(unsigned node) {
  if (crowd.size() == 0 || !crowd.idle(0)) return;
  const auto client = cluster_.connect(node);
  for (std::size_t key = 0; key < kKeys; ++key) {
    EXPECT_EQ(cluster_.ask(client, "HLEN " + name_of(key)), std::to_string(keys_[key].size()));
    for (const auto& [field, length] : keys_[key]) {
      EXPECT_EQ(cluster_.ask(client, "HSTRLEN " + name_of(key) + " " + field), std::to_string(length))
          << name_of(key) << " " << field;
    }
  }
}

}  // namespace limpet::shard
