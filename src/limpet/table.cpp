#include "table.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace limpet::client {

namespace {

struct Column {
  std::size_t width = 0;
  bool numbers = true;
};

// "12", "(12)", "-3.5", "1.2 MB", "20.0 %", "-": what reads better to the right.
bool is_number(std::string_view text) {
  if (text.size() > 2 && text.front() == '(' && text.back() == ')') text = text.substr(1, text.size() - 2);
  if (text == "-" || text.empty()) return true;
  const std::size_t at = text.front() == '-' || text.front() == '+' ? 1 : 0;
  const std::size_t end = text.find_first_not_of("0123456789.", at);
  return end != at && at < text.size() && (end == std::string_view::npos || text[end] == ' ');
}

std::vector<Column> measure(const std::vector<Row>& rows) {
  std::vector<Column> columns(rows.front().size());
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t c = 0; c < columns.size(); ++c) {
      columns[c].width = std::max(columns[c].width, rows[r][c].size());
      if (r > 0 && !is_number(rows[r][c])) columns[c].numbers = false;
    }
  }
  return columns;
}

}  // namespace

std::string table(const std::vector<Row>& rows) {
  std::string out;
  if (rows.empty()) return out;
  const std::vector<Column> columns = measure(rows);
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const std::string space(columns[c].width - row[c].size(), ' ');
      if (c > 0) line += "  ";
      line += columns[c].numbers ? space + row[c] : row[c] + space;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

}  // namespace limpet::client
