// Tables of text, for people: columns aligned, numbers to the right. Pure.
#pragma once

#include <string>
#include <vector>

namespace limpet::client {

using Row = std::vector<std::string>;

// The first row holds the titles; all rows are as long as it.
[[nodiscard]] std::string table(const std::vector<Row>& rows);

}  // namespace limpet::client
