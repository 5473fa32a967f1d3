#include <limpet/base/limits.hpp>
#include <limpet/handoff/numbering.hpp>

namespace limpet::handoff {

void append_history(Bytes& out, const History& history) {
  append_with_boot(out, history.last);
  for (const LastChange& end : history.ends) append_with_boot(out, end);
}

std::optional<History> read_history(std::string_view bytes) {
  History history;
  if (!take_last(bytes, history.last)) return std::nullopt;
  if (bytes.empty()) return history;  // of an earlier release
  if (!take_le(bytes, history.last.boot)) return std::nullopt;
  while (!bytes.empty()) {
    LastChange end;
    const bool fits = history.ends.size() < kTermsRemembered && take_with_boot(bytes, end);
    const bool follows = history.ends.empty() || may_follow(end, history.ends.back());
    if (!fits || !follows || !may_follow(history.last, end)) return std::nullopt;
    history.ends.push_back(end);
  }
  return history;
}

}  // namespace limpet::handoff
