// Check: is a set of journal files sound, file by file and as a whole? What a start would say of them, and
// what would be lost if it left out the damaged slots.
//
// It takes Recovery's word for what is damage and what a crash may leave.
#pragma once

#include <cstdint>
#include <limpet/base/slot.hpp>
#include <limpet/journal/recovery.hpp>
#include <limpet/journal/seals.hpp>
#include <limpet/journal/segment.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::journal {

struct NamedBytes {
  std::string name;
  std::string_view bytes;
};

struct FileCheck {
  std::string name;
  std::optional<SegmentHeader> header;  // nothing: it has none that can be read
  std::uint64_t bytes = 0;
  std::uint64_t records = 0;
  std::vector<Finding> findings;  // of this file
};

struct Check {
  std::vector<FileCheck> files;
  std::vector<Finding> findings;      // of no one file
  std::vector<std::string> refusals;  // files that this version cannot read: nothing else is known then
  std::uint64_t generations = 0;      // the highest
  std::uint64_t changes = 0;          // in all journal files
  std::vector<Slot> damaged;          // in order
  // Of the damaged slots: what can still be read and would go with them.
  std::uint64_t changes_lost = 0;
  std::uint64_t keys_lost = 0;  // that those changes name

  [[nodiscard]] bool sound() const;
};

// `base`: files of older generations were removed (Recovery::require_snapshots_of()). `seals`: the newest.
[[nodiscard]] Check check(const std::vector<NamedBytes>& files, std::uint64_t base, const Seals& seals = {});

}  // namespace limpet::journal
