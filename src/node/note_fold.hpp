// NoteFold: makes few lines of the log of the many notes of shards that say the same.
//
// Slots that change hands are added up for each node and direction, and told once a second. Of links to one
// node it is said that they are down when the first of them is, and that they are up when the last of them
// is: each shard has one. What they are down for is said again only if it is something else, and not at once.
//
// A value of whoever writes the log; it knows no clock and writes nothing itself.
#pragma once

#include <cstdint>
#include <limpet/base/time.hpp>
#include <limpet/shard/shard.hpp>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace limpet::node {

// Slots that change hands are a line of the log this often.
inline constexpr std::int64_t kMoveNoteMs = 1'000;
// Why a link is down is said again, if it is another reason, after so long.
inline constexpr std::int64_t kLinkNoteMs = 10'000;

class NoteFold {
 public:
  struct Line {
    shard::Note::Level level;
    std::string text;
  };

  // What is to be written at once.
  [[nodiscard]] std::vector<Line> add(const shard::Note& note, Now now);
  // What has been added up for long enough, and with `all`, all.
  [[nodiscard]] std::vector<Line> due(Now now, bool all = false);

 private:
  struct Moves {
    std::int64_t since_ms = 0;
    std::uint64_t slots = 0;
    std::uint64_t sessions = 0;
    std::uint64_t bytes = 0;
    std::int64_t took_ms_max = 0;
    std::int64_t frozen_ms_max = 0;
  };
  struct Links {
    std::set<unsigned> down;  // shards
    bool told_up = false;
    std::string told;  // when they were last said to be down
    std::int64_t told_ms = 0;
  };
  [[nodiscard]] bool is_news(const shard::Note& note, Now now);

  std::map<std::pair<bool, std::string>, Moves> moves_;  // by whether they were given, and by the other node
  std::map<std::string, Links> links_;                   // by node
};

}  // namespace limpet::node
