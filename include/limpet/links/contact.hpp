// ContactWatch: is this node cut off from the others, so that it could serve its own sessions alone while
// they serve all but those?
//
// It is not while one of them is linked. Else it matters how the others fail: one whose host says that nobody
// listens there, or that has said goodbye, does not run, and serves nobody. Of one that refuses this node,
// and of one that is silent, it must be thought that it serves clients, and together with the other ones of
// that kind. So a node is cut off while two of these may go on without it, and if a single one refuses it and
// it has been linked with nobody since its start: whoever was started last has the wrong secret. In all other
// cases it is the last one alive, or no worse off than the one that is left beside it, and goes on.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limpet/base/time.hpp>
#include <limpet/links/company.hpp>
#include <optional>
#include <vector>

namespace limpet::links {

// A node is cut off once it has been for so long: a link that breaks is there again in a moment.
inline constexpr std::int64_t kCutOffMs = 1'000;

// How another node behaves towards this one.
enum class Manner : std::uint8_t {
  linked,
  unknown,  // it has not been dialled yet
  silent,   // it does not answer, and may run all the same
  refuses,  // it answers, and takes this node for no node of its cluster
  gone,     // it does not run
};

class ContactWatch {
 public:
  // Of all that are to be there.
  [[nodiscard]] Contact judge(const std::vector<Manner>& others, Now now) {
    const auto count = [&](Manner manner) { return std::count(others.begin(), others.end(), manner); };
    if (count(Manner::linked) > 0) {
      linked_ = true;
      since_ms_.reset();
      return Contact::fine;
    }
    const auto refusing = count(Manner::refuses);
    const auto serving = refusing + count(Manner::silent) + count(Manner::unknown);
    if (serving < 2 && (refusing == 0 || linked_)) {
      since_ms_.reset();
      return Contact::fine;
    }
    if (linked_ && now.steady_ms - since_ms_.emplace(since_ms_.value_or(now.steady_ms)) < kCutOffMs)
      return Contact::fine;
    return refusing > 0 ? Contact::refused : Contact::unreachable;
  }

 private:
  bool linked_ = false;                   // with anybody, since the start
  std::optional<std::int64_t> since_ms_;  // it looks as if it were cut off
};

}  // namespace limpet::links
