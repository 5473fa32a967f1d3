// Log lines: one message as one line of text or JSON, whatever bytes the message holds.
#pragma once

#include <spdlog/formatter.h>

#include <memory>

namespace limpet::limpetd {

[[nodiscard]] std::unique_ptr<spdlog::formatter> make_line_formatter(bool json);

}  // namespace limpet::limpetd
