// Numbered: things that are kept until somebody comes back with their number. No number is given twice.
//
// Owned by whoever gives the numbers out. None of them is 0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>

namespace limpet {

template <class What>
class Numbered {
 public:
  std::uint64_t add(What what) {
    kept_.emplace(++last_, std::move(what));
    return last_;
  }
  // Nothing: it was taken before, or never given.
  [[nodiscard]] std::optional<What> take(std::uint64_t number) {
    auto found = kept_.extract(number);
    return found.empty() ? std::nullopt : std::optional<What>(std::move(found.mapped()));
  }
  [[nodiscard]] std::size_t size() const { return kept_.size(); }

 private:
  std::unordered_map<std::uint64_t, What> kept_;
  std::uint64_t last_ = 0;
};

}  // namespace limpet
