#include "own_keys.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "linearizable.hpp"

namespace limpet::shard {

namespace {

constexpr std::size_t kToldMax = 30;     // commands shown of a client that got a wrong reply
constexpr std::size_t kShownBytes = 60;  // of a value

std::string shown(const std::string& text) {
  return text.size() <= kShownBytes ? text : text.substr(0, kShownBytes) + "...";
}

}  // namespace

OwnKeys::OwnKeys(SimCluster& cluster, std::vector<std::string_view> refusals)
    : crowd(cluster, std::move(refusals), {kNoSuchKey}), cluster_(cluster) {}

void OwnKeys::add_client(unsigned node) {
  crowd.add_client(node);
  owners_.emplace_back();
  owners_.back().values.fill(kNoValue);
}

std::string OwnKeys::name_of(std::size_t client, unsigned life, std::size_t key) {
  return "{o" + std::to_string(client) + "." + std::to_string(life) + "." + std::to_string(key) + "}";
}

void OwnKeys::renew(Owner& owner) {
  ++owner.life;
  owner.values.fill(kNoValue);
  owner.told.clear();
}

void OwnKeys::forget() {
  for (Owner& owner : owners_) renew(owner);
}

void OwnKeys::send_some() {
  for (std::size_t client = 0; client < crowd.size(); ++client) {
    if (!crowd.may_send(client)) continue;
    for (std::uint64_t i = cluster_.random(6); i > 0; --i) do_one(client);
    crowd.flush(client);
  }
}

// ---- Commands ----

OwnKeys::Command OwnKeys::some_command() {
  static constexpr const char* kOfOne[] = {"SET", "APPEND", "APPEND", "GET", "GETDEL"};
  static constexpr const char* kOfTwo[] = {"RENAME", "RENAME", "COPY"};
  static constexpr const char* kOfSome[] = {"MGET", "MGET",   "MSET",   "MSET",
                                            "DEL",  "UNLINK", "EXISTS", "TOUCH"};
  const std::size_t first = cluster_.random(kKeys);
  const std::size_t second = (first + 1 + cluster_.random(kKeys - 1)) % kKeys;
  Command command{.name = "", .keys = {first}, .value = "w" + std::to_string(++values_) + "."};
  switch (cluster_.random(4)) {
    case 0:
    case 1:
      command.name = kOfOne[cluster_.random(std::size(kOfOne))];
      if (big_bytes_ > 0 && cluster_.random(40) == 0) command.value.append(big_bytes_, 'b');
      break;
    case 2:
      command.name = kOfTwo[cluster_.random(std::size(kOfTwo))];
      command.keys.push_back(second);
      break;
    default:
      command.name = kOfSome[cluster_.random(std::size(kOfSome))];
      command.keys.push_back(second);
  }
  return command;
}

std::string OwnKeys::line(std::size_t client, const Command& command) const {
  const std::string_view name = command.name;
  const bool sets = name == "SET" || name == "APPEND" || name == "MSET";
  std::vector<std::string> words = {std::string(name)};
  for (const std::size_t key : command.keys) {
    words.push_back(name_of(client, owners_[client].life, key));
    if (sets) words.push_back(command.value);
  }
  if (name == "COPY") words.emplace_back("REPLACE");
  std::string request = "*" + std::to_string(words.size()) + "\r\n";
  for (std::size_t i = 0; i < words.size(); ++i) {
    request +=
        "$" + std::to_string(words[i].size()) + "\r\n" + words[i] + (i + 1 < words.size() ? "\r\n" : "");
  }
  return request;
}

std::string OwnKeys::apply(const Command& command, std::array<std::string, kKeys>& values) {
  const std::string_view name = command.name;
  std::string& first = values[command.keys.front()];
  std::string& last = values[command.keys.back()];
  const auto count = [&] {
    return std::count_if(command.keys.begin(), command.keys.end(),
                         [&](std::size_t key) { return values[key] != kNoValue; });
  };
  if (name == "GET") return first;
  if (name == "GETDEL") return std::exchange(first, kNoValue);
  if (name == "APPEND") {
    first = first == kNoValue ? command.value : first + command.value;
    return std::to_string(first.size());
  }
  if (name == "SET" || name == "MSET") {
    for (const std::size_t key : command.keys) values[key] = command.value;
    return "OK";
  }
  if (name == "MGET") return first + "," + last + ",";
  if (name == "EXISTS" || name == "TOUCH") return std::to_string(count());
  if (name == "DEL" || name == "UNLINK") {
    const auto there = count();
    for (const std::size_t key : command.keys) values[key] = kNoValue;
    return std::to_string(there);
  }
  const bool renames = name == "RENAME";
  if (first == kNoValue) return renames ? kNoSuchKey : "0";
  last = first;
  if (renames) first = kNoValue;
  return renames ? "OK" : "1";
}

void OwnKeys::do_one(std::size_t client) {
  const Command command = some_command();
  const unsigned life = owners_[client].life;
  crowd.say(client, line(client, command),
            [=, this](Fate fate, const resp::Value* reply) { told(client, life, command, fate, reply); });
}

void OwnKeys::told(std::size_t client, unsigned life, const Command& command, Fate fate,
                   const resp::Value* reply) {
  Owner& owner = owners_[client];
  if (owner.life != life) return;
  if (fate == Fate::in_doubt) return renew(owner);
  std::string said = command.name;
  for (const std::size_t key : command.keys) said += " " + std::to_string(key);
  said += " " + shown(command.value) + " -> " + shown(text_of(*reply));
  owner.told.push_back(std::move(said));
  if (owner.told.size() > kToldMax) owner.told.pop_front();
  if (fate == Fate::refused) return;
  const std::string expected = apply(command, owner.values);
  if (text_of(*reply) == expected) return;
  std::string text;
  for (const std::string& line : owner.told) text += line + "\n";
  ADD_FAILURE() << "a command overtook an earlier one of its client " << client << ": expected "
                << shown(expected) << "\n"
                << text;
  renew(owner);
}

// ---- In the end ----

void OwnKeys::check(unsigned node) {
  const auto client = cluster_.connect(node);
  for (std::size_t owner = 0; owner < owners_.size(); ++owner) {
    if (!crowd.idle(owner)) continue;
    for (std::size_t key = 0; key < kKeys; ++key) {
      const std::string name = name_of(owner, owners_[owner].life, key);
      EXPECT_EQ(shown(cluster_.ask(client, "GET " + name)), shown(owners_[owner].values[key]))
          << name << " lost what was acknowledged";
    }
  }
}

}  // namespace limpet::shard
