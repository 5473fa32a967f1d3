// TableReader: takes one table of the file apart, and reports what does not belong there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "document.hpp"
#include "faults.hpp"

namespace limpet::cluster {

class TableReader {
 public:
  // `title` names the table in messages ("[cluster]"). Every key that is not in `known` is a fault. Both
  // references must outlive the reader.
  TableReader(const Value& table, std::string title, std::vector<std::string_view> known, Faults& faults);

  [[nodiscard]] Position at() const { return table_.at; }
  [[nodiscard]] const std::string& title() const { return title_; }

  // Where the key stands, or where the table begins if it does not.
  [[nodiscard]] Position position_of(std::string_view key) const;

  // Nothing if the key is missing, or if its value is no text, empty or has control bytes: those are faults.
  [[nodiscard]] const Value* text(std::string_view key) const;
  // The same; a missing key is a fault. `example` is what the line could be.
  [[nodiscard]] const Value* required_text(std::string_view key, std::string_view example) const;
  // Nothing if the key is missing, or its value no whole number: that is a fault.
  [[nodiscard]] const Value* integer(std::string_view key) const;
  // The same for a number with or without decimals.
  [[nodiscard]] const Value* number(std::string_view key) const;

  [[nodiscard]] const Value* find(std::string_view key) const;
  void missing(std::string_view key, std::string_view example) const;
  void fault(Position at, std::string text) const { faults_.add(at, std::move(text)); }

 private:
  void refuse_unknown_keys(const std::vector<std::string_view>& known) const;
  void wrong_kind(std::string_view key, const Value& value, std::string_view wanted) const;

  const Value& table_;
  std::string title_;
  Faults& faults_;
};

}  // namespace limpet::cluster
