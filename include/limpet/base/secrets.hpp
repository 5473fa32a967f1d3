// Secrets: a password of clients, or what nodes prove to each other. Usually one; two while it is being
// changed: the first is the new one, and the other is accepted still. None: whoever comes is let in.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace limpet {

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

  friend bool operator==(const Secrets&, const Secrets&) = default;

 private:
  std::vector<std::string> all_;
};

}  // namespace limpet
