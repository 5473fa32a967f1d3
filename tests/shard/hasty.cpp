#include "hasty.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace limpet::shard {

namespace {
constexpr std::int64_t kStaysMsMax =
    400;  // longer than most commands, and less than those for slots that move
constexpr unsigned kKeys = 20;
}  // namespace

std::string Hasty::request() {
  const auto keys = [this](std::string_view value) {
    std::string text;
    for (unsigned i = 0; i < kKeys; ++i) {
      text += " {h" + std::to_string(cluster_.random(200)) + "}:" + std::to_string(i);
      if (!value.empty()) text += " " + std::string(value);
    }
    return text;
  };
  switch (cluster_.random(8)) {
    case 0:
      return "MGET" + keys("");
    case 1:
      return "MSET" + keys("value");
    case 2:
      return "DEL" + keys("");
    case 3:
      return "KEYS {h*";
    case 4:
      return "SCAN 0 MATCH {h* COUNT 1000";
    case 5:
      return "CLUSTER PARTIAL DBSIZE";
    case 6:
      return "COPY {h1}:1 {h" + std::to_string(cluster_.random(200)) + "}:1";
    default:
      return "DBSIZE";
  }
}

void Hasty::come_and_go(unsigned nodes) {
  const auto node = static_cast<unsigned>(cluster_.random(nodes));
  if (cluster_.alive(node)) {
    const auto client = cluster_.connect(node);
    cluster_.send(client, request() + "\r\n");
    guests_.push_back({client, cluster_.now_ms() + static_cast<std::int64_t>(cluster_.random(kStaysMsMax))});
  }
  std::erase_if(guests_, [this](const Guest& guest) {
    if (cluster_.now_ms() < guest.goes_ms) return false;
    cluster_.hang_up(guest.client);
    return true;
  });
}

void Hasty::all_go() {
  for (const Guest& guest : guests_) cluster_.hang_up(guest.client);
  guests_.clear();
}

void Hasty::check(unsigned node) const {
  EXPECT_EQ(cluster_.stats(node).counters.client_memory_bytes, 0U) << "at node " << node + 1;
}

}  // namespace limpet::shard
