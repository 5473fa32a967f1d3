// Segments: the files that a journal's stream is cut into. A file is a header and records.
//
// The header says whose the stream is and where in it the file begins. Numbers count the files of a stream
// from 1. A stream belongs to one shard of one run of a node: its generation counts the runs on this
// directory. It has the changes of the slots that are `shard` modulo `shards`.
#pragma once

#include <cstdint>
#include <limpet/base/bytes.hpp>
#include <limpet/base/result.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace limpet::journal {

// Format 1, of limpet 0.1.0, has no records of kind `term`. It is read; what is written is of format 2.
inline constexpr std::uint32_t kFormatVersion = 2;
inline constexpr std::size_t kSegmentHeaderBytes = 64;

// Names a stream.
struct StreamName {
  std::uint64_t generation = 0;
  std::uint32_t shard = 0;
  friend auto operator<=>(const StreamName&, const StreamName&) = default;
};

// A snapshot's files have the same header, but for their first bytes. `number` counts them in the generation,
// and `position` says which snapshot of the stream it is part of, and with which slot it begins
// (snapshot_position()).
enum class FileKind : std::uint8_t { journal, snapshot };

struct SegmentHeader {
  FileKind kind = FileKind::journal;
  std::uint32_t format = kFormatVersion;
  StreamName stream;
  std::uint32_t shards = 1;  // of the node, in that run
  std::uint32_t number = 0;
  std::uint64_t nonce = 0;     // of the stream
  std::uint64_t position = 0;  // of the first record
  std::int64_t made_unix_ms = 0;
};

void append_header(Bytes& out, const SegmentHeader& header);
// Errors: too short, not ours, a newer format, a wrong check. The texts end a sentence that begins with the
// file.
[[nodiscard]] Result<SegmentHeader> read_header(std::string_view file);

[[nodiscard]] constexpr std::uint64_t snapshot_position(std::uint32_t snapshot, unsigned slot) {
  return std::uint64_t{snapshot} << 16 | slot;
}

// "0000000003-000-00000001.journal" or ".snapshot"
inline constexpr std::string_view kJournalExtension = ".journal";
inline constexpr std::string_view kSnapshotExtension = ".snapshot";
[[nodiscard]] std::string file_name(const SegmentHeader& header);

// What a name says; the rest of the header is not in it.
[[nodiscard]] std::optional<SegmentHeader> read_name(std::string_view name);

}  // namespace limpet::journal
