// Journal files: whatever stands in them is read within its bounds, and what is not called damaged holds
// together.
//
// The input is a file. It is read as it is; again behind a good header of either kind, since hardly any input
// would get past the check of its own; and its parts as a run of effects, which are done to a store.
#include <limpet/base/limits.hpp>
#include <limpet/journal/recovery.hpp>
#include <limpet/store/store.hpp>

#include "fuzz.hpp"

namespace limpet::fuzz {
namespace {

using journal::FileKind;
using journal::Recovery;
using journal::SegmentHeader;

constexpr std::uint64_t kNonce = 42;

std::string with_header(FileKind kind, std::uint32_t number, std::string_view records) {
  SegmentHeader header;
  header.kind = kind;
  header.stream.generation = 1;
  header.number = number;
  header.nonce = kNonce;
  Bytes bytes;
  journal::append_header(bytes, header);
  return std::string(bytes.view()) + std::string(records);
}

// Of a few slots: hardly any input has a record of another that passes the checks.
void check_slots(const Recovery& recovery) {
  for (Slot slot = 0; slot < 64; ++slot) {
    std::size_t count = 0;
    recovery.each_change(slot, [&](std::string_view effects) {
      ++count;
      FUZZ_CHECK(effects.size() <= kRecordBytesMax);
    });
    FUZZ_CHECK(count == recovery.changes_of(slot));
  }
  for (const journal::Finding& finding : recovery.findings()) FUZZ_CHECK(!finding.text.empty());
}

void check_file(const std::string& file) {
  const Exact copy(file);
  Recovery recovery;
  recovery.add("file", copy.view());
  recovery.finish();
  check_slots(recovery);
}

// Records that are right, with the input's bytes as their bodies and between them.
std::string records_of(std::string_view bytes, journal::Record::Kind kind) {
  Bytes out;
  std::uint64_t sequence = 0;
  while (bytes.size() > 2) {
    const auto size = std::min<std::size_t>(static_cast<unsigned char>(bytes[0]), bytes.size() - 2);
    const bool raw = bytes[1] % 8 == 0;
    bytes.remove_prefix(2);
    const std::string_view body = bytes.substr(0, size);
    bytes.remove_prefix(size);
    if (raw) {
      out.append(body);
      continue;
    }
    const std::size_t at = out.size();
    out.extend(journal::kRecordHeadBytes);
    out.append(body);
    const journal::Record record{.kind = kind,
                                 .slot = static_cast<Slot>(sequence % 3),
                                 .sequence = ++sequence / 3 + 1,
                                 .body = out.view().substr(at + journal::kRecordHeadBytes)};
    journal::seal_record(out.data() + at, record, kNonce, at);
  }
  return std::string(out.view());
}

void check_effects(std::string_view bytes) {
  const Exact copy(bytes);
  std::string_view rest = copy.view();
  store::EffectView effect;
  while (store::take_effect(rest, effect)) {
    FUZZ_CHECK(effect.key.size() <= kBulkBytesMax && effect.offset <= kBulkBytesMax);
    FUZZ_CHECK(rest.size() < copy.view().size());
  }
  store::Store store(1);
  (void)store::apply(store, bytes.size() > 4 ? slot_of(bytes.substr(2, 1)) : Slot{0}, copy.view(), 1);
}

}  // namespace
}  // namespace limpet::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpet;
  if (size == 0) return 0;
  // The first byte says what is done with the rest.
  const std::string_view bytes = fuzz::text_of(data, size).substr(1);
  const unsigned what = data[0];
  const auto kind = (what & 8) != 0 ? journal::FileKind::snapshot : journal::FileKind::journal;
  const std::uint32_t number = (what & 16) != 0 ? 2 : 1;
  switch (what % 8) {
    case 0:
      fuzz::check_file(std::string(bytes));
      return 0;
    case 1:
      fuzz::check_file(fuzz::with_header(kind, number, bytes));
      return 0;
    case 2:
    case 3:
      fuzz::check_file(
          fuzz::with_header(kind, number, fuzz::records_of(bytes, journal::Record::Kind::change)));
      return 0;
    default:
      fuzz::check_effects(bytes);
      return 0;
  }
}
