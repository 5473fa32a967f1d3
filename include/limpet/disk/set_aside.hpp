// Setting aside: what a start under durability none does with the journal that it finds.
//
// A run without a journal changes sessions and keeps no record of it, so no later start may take what is in
// the journal for what the sessions are. Nor may a wrong setting cost the sessions. So the files go into a
// folder of the directory that no start ever looks into, and that nothing of limpet removes:
//
//   set-aside-GENERATION/   limpet.id, *.journal, *.snapshot, *.seals, limpet.base
//
// It is a data directory by itself, which tools read, and which a node of the same name can be started on.
// While files go there it is called set-aside-GENERATION.unfinished: a start that finds one takes the files
// back first, as the run that was about to set them aside has served nothing.
#pragma once

#include <cstdint>
#include <limpet/base/result.hpp>
#include <limpet/disk/directory.hpp>
#include <optional>
#include <string>

namespace limpet::disk {

struct SetAside {
  std::string folder;  // its path
  std::size_t files = 0;
  std::uint64_t bytes = 0;
};

// For the run of this generation, whose fence is up. Nothing: there is no journal. All of it is on the disk
// when this returns.
[[nodiscard]] Result<std::optional<SetAside>> set_journal_aside(const Directory& directory,
                                                                std::uint64_t generation);

// Takes back what a start that did not get to its end was setting aside. Returns how many files.
[[nodiscard]] Result<std::size_t> take_back(const Directory& directory);

// The highest generation that the headers of journal and snapshots name; 0: there is none. Refuses files of a
// newer format.
[[nodiscard]] Result<std::uint64_t> last_generation(const Directory& directory);

}  // namespace limpet::disk
