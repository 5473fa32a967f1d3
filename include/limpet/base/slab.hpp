// Slab: objects with stable addresses, named by index and generation. A name is never used again, so that
// whoever holds the name of something gone finds nothing instead of something else.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limpet/base/assert.hpp>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace limpet {

template <class T>
class Slab {
 public:
  struct Name {
    std::uint32_t index = 0;
    std::uint32_t generation = 0;

    [[nodiscard]] std::uint64_t packed() const { return (std::uint64_t{generation} << 32) | index; }
    [[nodiscard]] static Name unpack(std::uint64_t packed) {
      return {static_cast<std::uint32_t>(packed), static_cast<std::uint32_t>(packed >> 32)};
    }
  };

  template <class... A>
  std::pair<Name, T&> emplace(A&&... arguments) {
    if (free_.empty()) grow();
    const std::uint32_t index = free_.back();
    free_.pop_back();
    Cell& cell = at(index);
    cell.value.emplace(std::forward<A>(arguments)...);
    ++size_;
    return {Name{index, cell.generation}, *cell.value};
  }

  [[nodiscard]] T* find(Name name) {
    if (name.index >= chunks_.size() * kChunk) return nullptr;
    Cell& cell = at(name.index);
    return cell.generation == name.generation && cell.value ? &*cell.value : nullptr;
  }

  // REQUIRES: find(name) finds it.
  void erase(Name name) {
    Cell& cell = at(name.index);
    LIMPET_ASSERT(cell.generation == name.generation && cell.value);
    cell.value.reset();
    ++cell.generation;
    free_.push_back(name.index);
    --size_;
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

  // Visits all in the order of their indexes. `visit` may erase the one it is given.
  template <class Visit>
  void each(Visit visit) {
    for (std::uint32_t index = 0; index < chunks_.size() * kChunk; ++index) {
      Cell& cell = at(index);
      if (cell.value) visit(Name{index, cell.generation}, *cell.value);
    }
  }
  template <class Visit>
  void each(Visit visit) const {
    for (std::uint32_t index = 0; index < chunks_.size() * kChunk; ++index) {
      const Cell& cell = (*chunks_[index / kChunk])[index % kChunk];
      if (cell.value) visit(Name{index, cell.generation}, *cell.value);
    }
  }

 private:
  static constexpr std::size_t kChunk = 64;
  struct Cell {
    std::optional<T> value;
    std::uint32_t generation = 1;
  };

  Cell& at(std::uint32_t index) { return (*chunks_[index / kChunk])[index % kChunk]; }

  void grow() {
    const auto first = static_cast<std::uint32_t>(chunks_.size() * kChunk);
    chunks_.push_back(std::make_unique<std::array<Cell, kChunk>>());
    for (std::uint32_t i = kChunk; i > 0; --i) free_.push_back(first + i - 1);
  }

  std::vector<std::unique_ptr<std::array<Cell, kChunk>>> chunks_;
  std::vector<std::uint32_t> free_;
  std::size_t size_ = 0;
};

}  // namespace limpet
