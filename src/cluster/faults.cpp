#include "faults.hpp"

#include <algorithm>
#include <limpet/base/assert.hpp>
#include <limpet/base/text.hpp>
#include <numeric>
#include <utility>

namespace limpet::cluster {

namespace {

// How many letters have to be added, taken away, replaced or swapped with their neighbour to get from one
// word to the other.
std::size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> before_last(to.size() + 1);
  std::vector<std::size_t> last(to.size() + 1);
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= from.size(); ++i) {
    before_last.swap(last);
    last.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const bool is_same = from[i - 1] == to[j - 1];
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (is_same ? 0 : 1)});
      const bool is_swap = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
      if (is_swap) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row.back();
}

}  // namespace

void Faults::keep_first(Fault& fault, Position at, std::string text) {
  if (!fault.text.empty() && fault.at <= at) return;
  fault = {at, std::move(text)};
}

Error Faults::first(std::string_view file) const {
  LIMPET_ASSERT(!none());
  const Fault& fault = wrong_.text.empty() ? missing_ : wrong_;
  const std::string place = std::to_string(fault.at.line) + ':' + std::to_string(fault.at.column);
  return {Code::bad_config, std::string(file) + ':' + place + ": " + fault.text};
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& known) {
  // Longer words are nobody's slip of the finger, and would only cost time.
  constexpr std::size_t kWordMax = 64;
  if (word.size() > kWordMax) return {};
  const std::string lower = to_lower(word);
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string_view candidate : known) {
    const bool begun = lower.size() >= 3 && candidate.starts_with(lower);
    const std::size_t distance = begun ? 1 : edit_distance(lower, candidate);
    if (distance >= best_distance) continue;
    best = candidate;
    best_distance = distance;
  }
  return best;
}

}  // namespace limpet::cluster
