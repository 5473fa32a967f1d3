#include "fields.hpp"

#include <limpet/base/number.hpp>

namespace limpet::client {

using Type = resp::Value::Type;

std::string text_of(const resp::Value& value) {
  switch (value.type) {
    case Type::integer:
      return std::to_string(value.integer);
    case Type::boolean:
      return value.integer != 0 ? "yes" : "no";
    default:
      return value.text;
  }
}

Fields::Fields(const resp::Value& value) {
  for (std::size_t i = 0; i + 1 < value.elements.size(); i += 2) {
    fields_.emplace_back(text_of(value.elements[i]), &value.elements[i + 1]);
  }
}

const resp::Value* Fields::find(std::string_view name) const {
  for (const auto& [field, value] : fields_) {
    if (field == name) return value;
  }
  return nullptr;
}

std::string Fields::text(std::string_view name, std::string_view otherwise) const {
  const resp::Value* value = find(name);
  return value != nullptr ? text_of(*value) : std::string(otherwise);
}

std::uint64_t Fields::number(std::string_view name) const { return parse_uint64(text(name)).value_or(0); }

}  // namespace limpet::client
