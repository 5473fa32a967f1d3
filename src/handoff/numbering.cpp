#include <limpet/base/limits.hpp>
#include <limpet/handoff/numbering.hpp>

namespace limpet::handoff {

void append_history(Bytes& out, const History& history) {
  append_last(out, history.last);
  for (const LastChange& end : history.ends) append_last(out, end);
}

std::optional<History> read_history(std::string_view bytes) {
  History history;
  if (!take_last(bytes, history.last)) return std::nullopt;
  while (!bytes.empty()) {
    LastChange end;
    const bool fits = history.ends.size() < kTermsRemembered && take_last(bytes, end);
    const bool follows = history.ends.empty() || history.ends.back().term < end.term;
    if (!fits || !follows || end.term >= history.last.term) return std::nullopt;
    history.ends.push_back(end);
  }
  return history;
}

}  // namespace limpet::handoff
