#include "note_fold.hpp"

#include <algorithm>

namespace limpet::node {

using shard::Note;

std::vector<NoteFold::Line> NoteFold::add(const Note& note, Now now) {
  if (note.moved) {
    const handoff::Moved& moved = *note.moved;
    Moves& sum = moves_[{moved.given, moved.with}];
    if (sum.slots++ == 0) sum.since_ms = now.steady_ms;
    sum.sessions += moved.sessions;
    sum.bytes += moved.bytes;
    sum.took_ms_max = std::max(sum.took_ms_max, moved.took_ms);
    sum.frozen_ms_max = std::max(sum.frozen_ms_max, moved.frozen_ms);
  }
  if (note.link && !is_news(note, now)) return {};
  return {{note.level, note.text}};
}

bool NoteFold::is_news(const Note& note, Now now) {
  Links& links = links_[note.link->node];
  if (note.link->up) {
    links.down.erase(note.link->shard);
    return links.down.empty() && !std::exchange(links.told_up, true);
  }
  const bool first = links.down.empty();
  links.down.insert(note.link->shard);
  links.told_up = false;
  const bool other = note.text != links.told && now.steady_ms - links.told_ms >= kLinkNoteMs;
  if (!first && !other) return false;
  links.told = note.text;
  links.told_ms = now.steady_ms;
  return true;
}

std::vector<NoteFold::Line> NoteFold::due(Now now, bool all) {
  std::vector<Line> lines;
  std::erase_if(moves_, [&](const auto& entry) {
    const auto& [key, sum] = entry;
    if (!all && now.steady_ms - sum.since_ms < kMoveNoteMs) return false;
    const std::string slots = std::to_string(sum.slots) + (sum.slots == 1 ? " slot was " : " slots were ");
    std::string text = slots + (key.first ? "handed over to " : "received from ") + key.second + ": " +
                       std::to_string(sum.sessions) + " sessions, " + std::to_string(sum.bytes) +
                       " bytes, each in " + std::to_string(sum.took_ms_max) + " ms at most";
    if (key.first) text += ", " + std::to_string(sum.frozen_ms_max) + " of them frozen at most";
    lines.push_back({Note::Level::info, std::move(text)});
    return true;
  });
  return lines;
}

}  // namespace limpet::node
