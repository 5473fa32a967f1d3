// Row: a command as its table states it: one fact a line, and what most commands have in common not at all.
// table.cpp makes a Spec of each.
#pragma once

#include <cstdint>
#include <limpet/command/command.hpp>
#include <span>
#include <string_view>

namespace limpet::command {

// Which arguments are keys, and what is done to them: "RO access".
struct Keys {
  std::int16_t first_at = 0;  // 0: none
  std::int16_t last_at = 0;   // negative: counted from the end
  std::int16_t step = 0;
  std::string_view flags = {};
  std::string_view notes = {};

  static constexpr Keys first(std::string_view flags, std::string_view notes = {}) {
    return {1, 1, 1, flags, notes};
  }
  static constexpr Keys both(std::string_view flags, std::string_view notes = {}) {
    return {1, 2, 1, flags, notes};
  }
  static constexpr Keys all(std::string_view flags, std::string_view notes = {}) {
    return {1, -1, 1, flags, notes};
  }
  // Each with a value behind it.
  static constexpr Keys pairs(std::string_view flags, std::string_view notes = {}) {
    return {1, -1, 2, flags, notes};
  }
};

// As in Spec, but for the group, which is said once for all rows of a file.
struct Row {
  std::string_view name;
  std::int16_t arity;
  std::uint32_t flags;
  Keys keys = {};
  Scope scope = Scope::session;
  Merge merge = Merge::none;
  Handler run = nullptr;
  std::string_view since;
  std::string_view summary;
  std::string_view complexity;
  std::string_view categories;
  std::span<const Subcommand> subcommands = {};
  std::string_view syntax = {};
  std::string_view tips = {};
  std::int16_t routed_by = 0;
  Builtin builtin = Builtin::none;
  std::uint8_t part_args = 0;
  bool partial = false;

  [[nodiscard]] constexpr Spec in(std::string_view group) const {
    return {.name = name,
            .arity = arity,
            .flags = flags,
            .first_key = keys.first_at,
            .last_key = keys.last_at,
            .key_step = keys.step,
            .scope = scope,
            .merge = merge,
            .run = run,
            .group = group,
            .since = since,
            .summary = summary,
            .complexity = complexity,
            .categories = categories,
            .subcommands = subcommands,
            .syntax = syntax,
            .tips = tips,
            .key_flags = keys.flags,
            .key_notes = keys.notes,
            .routed_by = routed_by,
            .builtin = builtin,
            .part_args = part_args,
            .partial = partial};
  }
};

}  // namespace limpet::command
