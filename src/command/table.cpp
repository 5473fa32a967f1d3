// The table of all commands and the way from a name to its row.
//
// find() is on the path of every command. A name is folded to 64 bits, its first eight bytes in lower case,
// and hashed together with its length by one multiplication that the compiler has chosen so that no two
// commands collide. What is found needs one comparison of the folded bits, and only a name of more than eight
// bytes a look at the rest.
#include <algorithm>
#include <array>
#include <cstring>
#include <limpet/base/text.hpp>
#include <limpet/command/errors.hpp>
#include <type_traits>

#include "rows_cluster.hpp"
#include "rows_connection.hpp"
#include "rows_generic.hpp"
#include "rows_hash.hpp"
#include "rows_server.hpp"
#include "rows_string.hpp"

namespace limpet::command {

namespace {

constexpr std::size_t kCommands = std::size(kClusterRows) + std::size(kConnectionRows) +
                                  std::size(kGenericRows) + std::size(kHashRows) + std::size(kServerRows) +
                                  std::size(kStringRows);
using Rows = std::array<Spec, kCommands>;

struct Group {
  std::string_view name;
  std::span<const Row> rows;
};
constexpr Group kGroups[] = {{"cluster", kClusterRows}, {"connection", kConnectionRows},
                             {"generic", kGenericRows}, {"hash", kHashRows},
                             {"server", kServerRows},   {"string", kStringRows}};

constexpr Rows gather_rows() {
  Rows rows{};
  auto end = rows.begin();
  for (const Group& group : kGroups) {
    for (const Row& row : group.rows) *end++ = row.in(group.name);
  }
  std::sort(rows.begin(), rows.end(), [](const Spec& a, const Spec& b) { return a.name < b.name; });
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].index = static_cast<std::uint8_t>(i);
  return rows;
}

constexpr Rows kRows = gather_rows();

constexpr bool sound() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    const Spec& spec = kRows[i];
    if (spec.name.empty() || (i > 0 && !(kRows[i - 1].name < spec.name))) return false;
    // Setting bit 5 folds letters alone without mixing anything up.
    if (!std::all_of(spec.name.begin(), spec.name.end(), [](char c) { return c >= 'a' && c <= 'z'; })) {
      return false;
    }
    const bool has_keys =
        spec.scope == Scope::session || spec.scope == Scope::split || spec.scope == Scope::pair;
    if ((spec.first_key == 1 || spec.routed_by > 1) != has_keys) return false;
    const bool has_parts = !has_keys && spec.scope != Scope::connection;
    if (has_parts != (spec.merge != Merge::none) && spec.scope != Scope::split) return false;
    if ((spec.part_args > 0) != (spec.scope == Scope::cluster)) return false;
  }
  return true;
}
static_assert(sound(),
              "rows are unique, named in lower-case letters, with keys and parts where their scope says so");

// Who runs it: a handler, or the shard; and of a container the shard runs each subcommand.
constexpr bool runs() {
  return std::all_of(kRows.begin(), kRows.end(), [](const Spec& spec) {
    if (spec.run == nullptr && spec.builtin == Builtin::none) return false;
    const bool by_shard = spec.scope == Scope::connection || spec.scope == Scope::node;
    return std::all_of(spec.subcommands.begin(), spec.subcommands.end(), [&](const Subcommand& sub) {
      const bool by_name = !by_shard || spec.builtin == Builtin::command;  // its handler looks at it
      if (by_name) return sub.does.builtin == Builtin::none;
      return sub.does.builtin != Builtin::none;
    });
  });
}
static_assert(runs(), "each row and each subcommand that the shard executes names what runs it");

// ---- Folding and hashing ----

constexpr std::uint64_t kLowerCase = 0x2020202020202020;

constexpr std::uint64_t load(const char* at, std::size_t bytes) {
  std::uint64_t value = 0;
  if (std::is_constant_evaluated()) {
    for (std::size_t i = 0; i < bytes; ++i) {
      value |= std::uint64_t{static_cast<unsigned char>(at[i])} << (8 * i);
    }
  } else {
    std::memcpy(&value, at, bytes);
  }
  return value;
}

// Up to eight bytes of the name, the same whatever their case, different for different letters. Shorter names
// are read in two halves that may overlap: no loop, and nothing is read that is not there. REQUIRES: not
// empty.
constexpr std::uint64_t fold(std::string_view name) {
  const char* at = name.data();
  const std::size_t size = name.size();
  if (size >= 8) return load(at, 8) | kLowerCase;
  if (size >= 4) return (load(at, 4) | (load(at + size - 4, 4) << 32)) | kLowerCase;
  return (load(at, 1) | (load(at + (size / 2), 1) << 8) | (load(at + size - 1, 1) << 16)) | kLowerCase;
}

constexpr unsigned kIndexBits = 11;
constexpr std::uint8_t kNone = 0xff;
static_assert(kCommands < kNone);

using Index = std::array<std::uint8_t, std::size_t{1} << kIndexBits>;

constexpr std::size_t place_of(std::uint64_t folded, std::size_t size, std::uint64_t multiplier) {
  return static_cast<std::size_t>(((folded + size) * multiplier) >> (64 - kIndexBits));
}

constexpr std::array<std::uint64_t, kCommands> fold_all() {
  std::array<std::uint64_t, kCommands> folded{};
  for (std::size_t i = 0; i < kCommands; ++i) folded[i] = fold(kRows[i].name);
  return folded;
}

constexpr std::array<std::uint64_t, kCommands> kFolded = fold_all();

// Gives every row a place of its own; false if two share one.
constexpr bool fill(Index& index, std::uint64_t multiplier) {
  index.fill(kNone);
  for (std::size_t i = 0; i < kCommands; ++i) {
    std::uint8_t& place = index[place_of(kFolded[i], kRows[i].name.size(), multiplier)];
    if (place != kNone) return false;
    place = static_cast<std::uint8_t>(i);
  }
  return true;
}

struct PerfectHash {
  std::uint64_t multiplier = 0;
  Index index{};
};

constexpr PerfectHash find_perfect_hash() {
  PerfectHash hash;
  std::uint64_t multiplier = 0x9e3779b97f4a7c15;
  for (int tries = 0; tries < 1000; ++tries) {
    if (fill(hash.index, multiplier)) {
      hash.multiplier = multiplier;
      return hash;
    }
    multiplier = (multiplier * 6364136223846793005) + 1442695040888963407;
    multiplier |= 1;
  }
  return hash;
}

constexpr PerfectHash kHash = find_perfect_hash();
static_assert(kHash.multiplier != 0, "no multiplier found: raise kIndexBits");

}  // namespace

const Spec* find(std::string_view name) {
  if (name.empty()) return nullptr;
  const std::uint64_t folded = fold(name);
  const std::uint8_t row = kHash.index[place_of(folded, name.size(), kHash.multiplier)];
  if (row == kNone || kFolded[row] != folded || kRows[row].name.size() != name.size()) return nullptr;
  if (name.size() > 8 && !equals_ignore_case(name.substr(8), kRows[row].name.substr(8))) return nullptr;
  return &kRows[row];
}

std::span<const Spec> all() { return kRows; }

Execution execution_of(const Spec& spec, Args args) {
  if (!spec.subcommands.empty() && args.size() > 1) {
    if (const Subcommand* const sub = find_subcommand(spec, args[1])) return sub->does;
  }
  return {spec.builtin, spec.merge, spec.part_args};
}

bool is_discovery(std::string_view subcommand) {
  return std::find(std::begin(kDiscovery), std::end(kDiscovery), subcommand) != std::end(kDiscovery);
}

}  // namespace limpet::command
