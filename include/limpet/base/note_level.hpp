// NoteLevel: how much a line for the log matters.
#pragma once

#include <cstdint>

namespace limpet {

enum class NoteLevel : std::uint8_t { debug, info, warning, error };

}  // namespace limpet
