// SlotSet: some of the slots, a bit for each, which is also how nodes tell each other of them.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limpet/base/slot.hpp>
#include <optional>
#include <string_view>

namespace limpet {

class SlotSet {
 public:
  static constexpr std::size_t kBytes = kSlots / 8;
  static_assert(kSlots % 8 == 0);

  [[nodiscard]] static SlotSet all() {
    SlotSet set;
    set.bits_.fill(0xff);
    return set;
  }

  void add(Slot slot) { bits_[slot / 8] |= static_cast<std::uint8_t>(1u << slot % 8); }
  [[nodiscard]] bool has(std::size_t slot) const { return (bits_[slot / 8] >> slot % 8 & 1) != 0; }
  [[nodiscard]] bool empty() const {
    return std::all_of(bits_.begin(), bits_.end(), [](std::uint8_t bits) { return bits == 0; });
  }
  [[nodiscard]] std::size_t size() const {
    std::size_t size = 0;
    for (const std::uint8_t bits : bits_) size += static_cast<std::size_t>(std::popcount(bits));
    return size;
  }
  // Of [from, behind) the first slot that is not in it; `behind` if all are.
  [[nodiscard]] std::size_t first_absent(std::size_t from, std::size_t behind) const {
    while (from < behind && has(from)) ++from;
    return from;
  }

  SlotSet& operator|=(const SlotSet& other) {
    for (std::size_t i = 0; i < kBytes; ++i) bits_[i] |= other.bits_[i];
    return *this;
  }
  SlotSet& operator&=(const SlotSet& other) {
    for (std::size_t i = 0; i < kBytes; ++i) bits_[i] &= other.bits_[i];
    return *this;
  }
  SlotSet& operator-=(const SlotSet& other) {
    for (std::size_t i = 0; i < kBytes; ++i) bits_[i] &= static_cast<std::uint8_t>(~other.bits_[i]);
    return *this;
  }
  friend bool operator==(const SlotSet&, const SlotSet&) = default;

  template <class Visit>
  void each(Visit visit) const {
    for (std::size_t slot = 0; slot < kSlots; ++slot) {
      if (has(slot)) visit(static_cast<Slot>(slot));
    }
  }

  // The bytes in which the slots [from, behind) stand, the first with the bits of from / 8 * 8 and on.
  [[nodiscard]] std::string_view bytes(std::size_t from = 0, std::size_t behind = kSlots) const {
    return {reinterpret_cast<const char*>(bits_.data()) + from / 8, (behind + 7) / 8 - from / 8};
  }
  // What bytes(from, ...) gave. Nothing if that cannot be.
  [[nodiscard]] static std::optional<SlotSet> read(std::string_view bytes, std::size_t from = 0) {
    SlotSet set;
    if (from >= kSlots || bytes.size() > kBytes - from / 8) return std::nullopt;
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(set.bits_.data()) + from / 8);
    return set;
  }

 private:
  std::array<std::uint8_t, kBytes> bits_{};
};

}  // namespace limpet
