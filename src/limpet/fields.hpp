// Fields: a reply that names its parts, as a RESP3 map or as RESP2's flat array of names and values. Pure;
// holds a pointer to the reply.
#pragma once

#include <cstdint>
#include <limpet/resp/value.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet::client {

// A scalar as text: the bytes of a string, a number in decimal, nothing for null.
[[nodiscard]] std::string text_of(const resp::Value& value);

class Fields {
 public:
  explicit Fields(const resp::Value& value);

  // Null if there is no such field.
  [[nodiscard]] const resp::Value* find(std::string_view name) const;
  // `otherwise` if there is no such field.
  [[nodiscard]] std::string text(std::string_view name, std::string_view otherwise = "") const;
  // 0 if there is no such field, or it is no number.
  [[nodiscard]] std::uint64_t number(std::string_view name) const;
  // In the order in which they came.
  [[nodiscard]] const std::vector<std::pair<std::string, const resp::Value*>>& all() const& {
    return fields_;
  }
  void all() const&& = delete;  // would not outlive the statement

 private:
  std::vector<std::pair<std::string, const resp::Value*>> fields_;
};

}  // namespace limpet::client
