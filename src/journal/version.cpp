#include <algorithm>
#include <limpet/base/limits.hpp>
#include <limpet/journal/version.hpp>

namespace limpet::journal {

namespace {

// The term of the last change is over. Where nothing was changed at it there is nothing to know of it.
void remember_end(SlotVersion& version) {
  const std::uint64_t before = version.ends.empty() ? 0 : version.ends.back().number;
  if (version.last.number <= before) return;
  if (version.ends.size() == kTermsRemembered) version.ends.erase(version.ends.begin());
  version.ends.push_back(version.last);
}

}  // namespace

void advance(SlotVersion& version, const LastChange& last) {
  if (last == version.last && last.number > 0) return;  // it is said again
  const std::uint64_t cessions = last.term.cessions;
  const bool goes_on =
      may_follow(last, version.last) && cessions <= version.cessions && last.number >= version.last.number;
  if (goes_on) {
    remember_end(version);
  } else {
    version.ends.clear();
  }
  version.last = last;
  version.cessions = std::max(version.cessions, cessions);
}

void go_on_at(SlotVersion& version, std::uint64_t cessions) {
  version.cessions = std::max(version.cessions, cessions);
}

std::vector<LastChange> history_anew(std::uint64_t cessions, const std::vector<LastChange>& ends,
                                     const LastChange& last) {
  std::vector<LastChange> records{{{cessions, 0}, 0}};
  records.insert(records.end(), ends.begin(), ends.end());
  records.push_back(last);
  return records;
}

std::vector<LastChange> history_gone_on(SlotVersion version, const LastChange& last) {
  remember_end(version);
  return history_anew(last.term.cessions, version.ends, last);
}

bool has(const SlotVersion& version, const LastChange& change) {
  const auto goes_as_far = [&](const LastChange& end) {
    return same_term_and_boot(end, change) && change.number <= end.number;
  };
  return goes_as_far(version.last) || std::any_of(version.ends.begin(), version.ends.end(), goes_as_far);
}

}  // namespace limpet::journal
