#include "table_reader.hpp"

#include <algorithm>
#include <limpet/base/text.hpp>
#include <utility>

namespace limpet::cluster {

namespace {

std::string join(const std::vector<std::string_view>& words) {
  std::string text;
  for (const std::string_view word : words) text += (text.empty() ? "" : ", ") + std::string(word);
  return text;
}

bool has_control_bytes(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

}  // namespace

TableReader::TableReader(const Value& table, std::string title, std::vector<std::string_view> known,
                         Faults& faults)
    : table_(table), title_(std::move(title)), faults_(faults) {
  refuse_unknown_keys(known);
}

void TableReader::refuse_unknown_keys(const std::vector<std::string_view>& known) const {
  for (const Entry& entry : table_.entries) {
    if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
    const std::string_view meant = nearest(entry.key, known);
    fault(entry.at,
          "unknown key '" + printable(entry.key) + "' in " + title_ + "; " +
              (meant.empty() ? "it knows " + join(known) : "did you mean '" + std::string(meant) + "'?"));
  }
}

const Value* TableReader::find(std::string_view key) const {
  const auto found = std::find_if(table_.entries.begin(), table_.entries.end(),
                                  [key](const Entry& entry) { return entry.key == key; });
  return found == table_.entries.end() ? nullptr : &found->value;
}

Position TableReader::position_of(std::string_view key) const {
  const Value* value = find(key);
  return value == nullptr ? table_.at : value->at;
}

const Value* TableReader::text(std::string_view key) const {
  const Value* value = find(key);
  if (value == nullptr) return nullptr;
  if (value->kind != Value::Kind::text) {
    wrong_kind(key, *value, "text in double quotes");
    return nullptr;
  }
  if (value->text.empty()) {
    fault(value->at, std::string(key) + " is empty; give it a value or remove the line");
    return nullptr;
  }
  if (has_control_bytes(value->text)) {
    fault(value->at, std::string(key) + " has a control character in it; write it without");
    return nullptr;
  }
  return value;
}

const Value* TableReader::required_text(std::string_view key, std::string_view example) const {
  if (find(key) == nullptr) missing(key, example);
  return text(key);
}

const Value* TableReader::integer(std::string_view key) const {
  const Value* value = find(key);
  if (value == nullptr || value->kind == Value::Kind::integer) return value;
  wrong_kind(key, *value, "a whole number without quotes");
  return nullptr;
}

const Value* TableReader::number(std::string_view key) const {
  const Value* value = find(key);
  if (value == nullptr || value->kind == Value::Kind::integer || value->kind == Value::Kind::real)
    return value;
  wrong_kind(key, *value, "a number without quotes");
  return nullptr;
}

void TableReader::missing(std::string_view key, std::string_view example) const {
  faults_.add_missing(table_.at,
                      title_ + " has no " + std::string(key) + "; add a line like " + std::string(example));
}

void TableReader::wrong_kind(std::string_view key, const Value& value, std::string_view wanted) const {
  fault(value.at,
        std::string(key) + " is " + std::string(name_of(value.kind)) + "; write " + std::string(wanted));
}

}  // namespace limpet::cluster
