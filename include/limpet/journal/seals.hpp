// Seals: how far the streams of earlier runs go, as a run found them when it took the directory over.
//
// A process that stood still, or that lost sight of the others, writes to its own files until it finds that
// the directory is not its own any more. The seals of the newest run say what of the earlier ones counts:
// what stands behind the end of a sealed stream, or in a stream of an earlier run that has no seal, came too
// late, and nobody was told of it. What is missing before the end is damage.
//
// A file has the seals of one run: "generation N", a line "stream GENERATION SHARD END" for each that has
// anything, "check HASH" of what stands before.
#pragma once

#include <cstdint>
#include <limpet/base/result.hpp>
#include <limpet/journal/segment.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace limpet::journal {

struct Seals {
  std::uint64_t generation = 0;              // of the run that sealed; 0: nobody has
  std::map<StreamName, std::uint64_t> ends;  // the position behind the last record
  friend bool operator==(const Seals&, const Seals&) = default;

  // Nothing: the stream is not sealed.
  [[nodiscard]] std::optional<std::uint64_t> end_of(const StreamName& stream) const;
};

inline constexpr std::string_view kSealsExtension = ".seals";
[[nodiscard]] std::string seals_name(std::uint64_t generation);  // "0000000003.seals"
[[nodiscard]] std::string seals_text(const Seals& seals);
// The text of an error ends a sentence that begins with the file.
[[nodiscard]] Result<Seals> read_seals(std::string_view text);

}  // namespace limpet::journal
