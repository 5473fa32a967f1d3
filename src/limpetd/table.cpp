#include "table.hpp"

#include <algorithm>
#include <limpet/base/text.hpp>
#include <vector>

namespace limpet::limpetd {

std::string flag_of(const Row& row) { return "--" + std::string(row.name); }

std::string variable_of(const Row& row) {
  std::string name = "LIMPET_";
  for (const char c : row.name) name += c == '-' ? '_' : to_upper(c);
  return name;
}

std::string server_key_of(const Row& row) {
  std::string name(row.name);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

std::size_t edits_between(std::string_view a, std::string_view b) {
  // Three rows of the usual table are enough: a swap looks two rows back.
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before_last.swap(last);
    last.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row[b.size()];
}

}  // namespace limpet::limpetd
