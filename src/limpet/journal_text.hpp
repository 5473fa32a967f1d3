// What `limpet journal verify` and `dump` say, as text. Pure.
#pragma once

#include <cstdint>
#include <limpet/base/slot.hpp>
#include <limpet/journal/check.hpp>
#include <limpet/journal/record.hpp>
#include <limpet/store/change.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::client {

// A table of the files, what is wrong in words, and a last line that says what it comes to. `whose` begins
// that one.
[[nodiscard]] std::string check_text(const journal::Check& check, std::string_view whose);

// Where in a file something stands.
struct Place {
  std::string_view file;
  std::uint64_t offset = 0;
};
// FILE OFFSET SLOT SEQUENCE EFFECT KEY and what belongs to it, as one line. Strings are quoted; of one longer
// than `shown_max` only so much is shown, and its length.
[[nodiscard]] std::string effect_line(const Place& place, const journal::Record& record,
                                      const store::EffectView& effect, std::size_t shown_max);
// FILE OFFSET SLOT SEQUENCE, and of which term and number what follows is, or that it goes on at so many
// cessions.
[[nodiscard]] std::string version_line(const Place& place, const journal::Record& record);
// For what is no record.
[[nodiscard]] std::string broken_line(const Place& place, std::uint64_t bytes);

// May the effect have made the key what it is? It is of the key's slot.
[[nodiscard]] bool concerns(const store::EffectView& effect, const KeyRef& key);

// "2026-01-31T12:00:00.000Z"; far off just the number.
[[nodiscard]] std::string utc_text(std::int64_t unix_ms);

// "3, 7-9, 12", and of very many "and N more".
[[nodiscard]] std::string slots_text(const std::vector<Slot>& slots);

}  // namespace limpet::client
