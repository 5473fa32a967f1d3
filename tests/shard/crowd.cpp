#include "crowd.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "linearizable.hpp"

namespace limpet::shard {

namespace {
constexpr std::size_t kUnderWayMax = 200;  // commands of one client
}

std::string text_of(const resp::Value& reply) {
  switch (reply.type) {
    case resp::Value::Type::integer:
      return std::to_string(reply.integer);
    case resp::Value::Type::null:
      return kNoValue;
    case resp::Value::Type::array: {
      std::string text;
      for (const resp::Value& element : reply.elements) text += text_of(element) + ",";
      return text;
    }
    default:
      return reply.text;
  }
}

Crowd::Crowd(SimCluster& cluster, std::vector<std::string_view> refusals,
             std::vector<std::string_view> answers)
    : cluster_(cluster), refusals_(std::move(refusals)), answers_(std::move(answers)) {}

void Crowd::add_client(unsigned node) { clients_.push_back({cluster_.connect(node), node}); }

bool Crowd::may_send(std::size_t client) const { return clients_[client].waiting.size() <= kUnderWayMax; }

void Crowd::say(std::size_t client, std::string_view line, Told told) {
  clients_[client].pipeline.append(line).append("\r\n");
  clients_[client].waiting.push_back(std::move(told));
}

void Crowd::flush(std::size_t client) {
  cluster_.send(clients_[client].client, std::exchange(clients_[client].pipeline, {}));
}

void Crowd::collect() {
  for (Client& client : clients_) {
    for (const resp::Value& reply : cluster_.take_replies(client.client)) {
      ASSERT_FALSE(client.waiting.empty()) << "a reply that nothing was asked for";
      take(client, reply);
    }
  }
}

Fate Crowd::fate_of(const resp::Value& reply) {
  if (reply.type != resp::Value::Type::error) return Fate::done;
  if (reply.text.rfind("INDOUBT", 0) == 0) return Fate::in_doubt;
  const auto begins = [&](std::string_view word) { return reply.text.rfind(word, 0) == 0; };
  if (std::any_of(answers_.begin(), answers_.end(), begins)) return Fate::done;
  const bool did_not_happen = std::any_of(refusals_.begin(), refusals_.end(), begins);
  EXPECT_TRUE(did_not_happen) << reply.text;
  return Fate::refused;
}

void Crowd::take(Client& client, const resp::Value& reply) {
  const Told told = std::move(client.waiting.front());
  client.waiting.pop_front();
  const Fate fate = fate_of(reply);
  ++(fate == Fate::done ? acknowledged : fate == Fate::in_doubt ? in_doubt : refused);
  told(fate, &reply);
}

void Crowd::reconnect(unsigned nodes) {
  for (Client& client : clients_) {
    if (!cluster_.closed(client.client)) continue;
    for (const Told& told : std::exchange(client.waiting, {})) {
      ++in_doubt;
      told(Fate::in_doubt, nullptr);
    }
    for (unsigned tries = 0; tries < nodes; ++tries) {
      client.node = (client.node + 1) % nodes;
      if (!cluster_.alive(client.node)) continue;
      client.client = cluster_.connect(client.node);
      break;
    }
  }
}

void Crowd::expect_all_answered() const {
  for (const Client& client : clients_) EXPECT_TRUE(client.waiting.empty());
}

}  // namespace limpet::shard
