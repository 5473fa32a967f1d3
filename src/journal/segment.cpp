#include <fmt/format.h>

#include <algorithm>
#include <limpet/base/hash.hpp>
#include <limpet/base/number.hpp>
#include <limpet/journal/segment.hpp>

namespace limpet::journal {

namespace {

constexpr std::string_view kJournalMagic = "limpetJ\n";
constexpr std::string_view kSnapshotMagic = "limpetS\n";
constexpr std::size_t kVersionAt = 8;
constexpr std::size_t kShardAt = 12;
constexpr std::size_t kGenerationAt = 16;
constexpr std::size_t kNonceAt = 24;
constexpr std::size_t kPositionAt = 32;
constexpr std::size_t kMadeAt = 40;
constexpr std::size_t kNumberAt = 48;
constexpr std::size_t kShardsAt = 52;
constexpr std::size_t kCheckAt = 56;
static_assert(kCheckAt + 8 == kSegmentHeaderBytes);

}  // namespace

void append_header(Bytes& out, const SegmentHeader& header) {
  char* const at = out.extend(kSegmentHeaderBytes);
  std::memset(at, 0, kSegmentHeaderBytes);
  const std::string_view magic = header.kind == FileKind::journal ? kJournalMagic : kSnapshotMagic;
  std::memcpy(at, magic.data(), magic.size());
  store_le(at + kVersionAt, header.format);
  store_le(at + kShardAt, header.stream.shard);
  store_le(at + kGenerationAt, header.stream.generation);
  store_le(at + kNonceAt, header.nonce);
  store_le(at + kPositionAt, header.position);
  store_le(at + kMadeAt, header.made_unix_ms);
  store_le(at + kNumberAt, header.number);
  store_le(at + kShardsAt, header.shards);
  store_le(at + kCheckAt, hash64({at, kCheckAt}));
}

Result<SegmentHeader> read_header(std::string_view file) {
  if (file.size() < kSegmentHeaderBytes) return fail(Code::bad_input, "is too short for a journal file");
  const char* const at = file.data();
  const bool snapshot = file.starts_with(kSnapshotMagic);
  if (!snapshot && !file.starts_with(kJournalMagic))
    return fail(Code::bad_input, "is no journal file of limpet");
  const auto version = load_le<std::uint32_t>(at + kVersionAt);
  if (version > kFormatVersion) {
    return fail(Code::refused,
                fmt::format("has format {}, and this limpetd knows formats up to {}: start the "
                            "newer limpetd that wrote it",
                            version, kFormatVersion));
  }
  if (load_le<std::uint64_t>(at + kCheckAt) != hash64({at, kCheckAt}) || version == 0) {
    return fail(Code::bad_input, "has a damaged header");
  }
  if (const auto shards = load_le<std::uint32_t>(at + kShardsAt);
      shards == 0 || load_le<std::uint32_t>(at + kShardAt) >= shards) {
    return fail(Code::bad_input, "has a header that makes no sense");
  }
  return SegmentHeader{
      .kind = snapshot ? FileKind::snapshot : FileKind::journal,
      .format = version,
      .stream = {.generation = load_le<std::uint64_t>(at + kGenerationAt),
                 .shard = load_le<std::uint32_t>(at + kShardAt)},
      .shards = load_le<std::uint32_t>(at + kShardsAt),
      .number = load_le<std::uint32_t>(at + kNumberAt),
      .nonce = load_le<std::uint64_t>(at + kNonceAt),
      .position = load_le<std::uint64_t>(at + kPositionAt),
      .made_unix_ms = load_le<std::int64_t>(at + kMadeAt),
  };
}

std::string file_name(const SegmentHeader& header) {
  return fmt::format("{:010}-{:03}-{:08}{}", header.stream.generation, header.stream.shard, header.number,
                     header.kind == FileKind::journal ? kJournalExtension : kSnapshotExtension);
}

std::optional<SegmentHeader> read_name(std::string_view name) {
  SegmentHeader header;
  header.kind = name.ends_with(kSnapshotExtension) ? FileKind::snapshot : FileKind::journal;
  const auto number = [&](std::size_t at, std::size_t digits) {
    return name.size() < at + digits
               ? std::nullopt
               : parse_int64(
                     name.substr(at, digits)
                         .substr(std::min(name.substr(at, digits).find_first_not_of('0'), digits - 1)));
  };
  const auto generation = number(0, 10);
  const auto shard = number(11, 3);
  const auto count = number(15, 8);
  if (!generation || !shard || !count || *generation < 0 || *shard < 0 || *count < 0) return std::nullopt;
  header.stream = {static_cast<std::uint64_t>(*generation), static_cast<std::uint32_t>(*shard)};
  header.number = static_cast<std::uint32_t>(*count);
  if (file_name(header) != name) return std::nullopt;
  return header;
}

}  // namespace limpet::journal
