// Secrets: a password of clients, or what nodes prove to each other. Usually one; two while it is being
// changed: the first is the new one, and the other is accepted still. None: whoever comes is let in.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet {

// Compares secrets in a time that does not depend on where they differ.
[[nodiscard]] bool same_secret(std::string_view a, std::string_view b);

class Secrets {
 public:
  Secrets() = default;
  // NOLINTBEGIN(google-explicit-constructor): one secret reads as what it is
  Secrets(std::string only) {
    if (!only.empty()) all_.push_back(std::move(only));
  }
  Secrets(const char* only) : Secrets(std::string(only)) {}
  // NOLINTEND(google-explicit-constructor)
  // REQUIRES: none of them is empty.
  explicit Secrets(std::vector<std::string> all) : all_(std::move(all)) {}

  [[nodiscard]] bool empty() const { return all_.empty(); }
  // The one in force. REQUIRES: !empty().
  [[nodiscard]] const std::string& first() const { return all_.front(); }
  [[nodiscard]] const std::vector<std::string>& all() const { return all_; }

  // Is it one of them, or is none needed? Compared with each, so that the time says nothing about any.
  [[nodiscard]] bool accept(std::string_view given) const;

  friend bool operator==(const Secrets&, const Secrets&) = default;

 private:
  std::vector<std::string> all_;
};

}  // namespace limpet
