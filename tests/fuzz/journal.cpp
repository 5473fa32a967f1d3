// Journal files and seals: whatever stands in them is read within its bounds, and what is not called damaged
// holds together.
//
// The input is a file. It is read as it is; again behind a good header of either kind, since hardly any input
// would get past the check of its own; and its parts as a run of effects, which are done to a store. Or it is
// the text of seals; or says what several files and seals are, however little they go together; or what the
// runs of a node write, and what becomes of that (runs.hpp).
#include <cstdio>
#include <limpet/base/limits.hpp>
#include <limpet/journal/check.hpp>
#include <limpet/journal/recovery.hpp>
#include <limpet/journal/seals.hpp>
#include <limpet/store/store.hpp>

#include "fuzz.hpp"
#include "runs.hpp"

namespace limpet::fuzz {
namespace {

using journal::FileKind;
using journal::Record;
using journal::Recovery;
using journal::Seals;
using journal::SegmentHeader;

constexpr std::uint64_t kNonce = 42;

std::string with_header(const SegmentHeader& header, std::string_view records) {
  Bytes bytes;
  journal::append_header(bytes, header);
  return std::string(bytes.view()) + std::string(records);
}

SegmentHeader plain_header(FileKind kind, std::uint32_t number) {
  SegmentHeader header;
  header.kind = kind;
  header.stream.generation = 1;
  header.number = number;
  header.nonce = kNonce;
  return header;
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

// ---- Records ----

// Makes records that are right, with the input's bytes as their bodies and between them.
class Records {
 public:
  explicit Records(const SegmentHeader& header) : header_(header) {}

  std::string of(std::string_view bytes) {
    Reader reader(bytes);
    while (reader.rest().size() > 2) {
      const std::size_t size = reader.byte();
      const unsigned what = reader.byte();
      const std::string_view body = reader.take(size);
      if (what == 0xff) {
        add_many();
      } else {
        add(what % 8, body);
      }
    }
    return std::string(out_.view());
  }

 private:
  void add(unsigned what, std::string_view body) {
    switch (what) {
      case 0:
        return out_.append(body);
      case 5:
        return add_number(Record::Kind::mark, 0, body);
      case 6:
        add_number(Record::Kind::slot_end,
                   static_cast<Slot>((header_.stream.shard + slots_ * header_.shards) % kSlots), body);
        ++slots_;
        return;
      case 7:
        return add_number(Record::Kind::file_end, 0, body);
      default:
        add_record(Record::Kind::change, static_cast<Slot>(changes_ % 3), body);
        ++changes_;
    }
  }
  // More than Recovery looks at before it guesses how many there are.
  void add_many() {
    if (std::exchange(many_, true)) return;
    for (int i = 0; i < 4'200; ++i) add(1, {});
  }
  void add_number(Record::Kind kind, Slot slot, std::string_view body) {
    std::string number(body.substr(0, journal::kNumberBodyBytes));
    number.resize(journal::kNumberBodyBytes);
    add_record(kind, slot, number);
  }
  void add_record(Record::Kind kind, Slot slot, std::string_view body) {
    const std::size_t at = out_.size();
    out_.extend(journal::kRecordHeadBytes);
    out_.append(body);
    const Record record{.kind = kind,
                        .slot = slot,
                        .sequence = changes_ / 3 + 1,
                        .body = out_.view().substr(at + journal::kRecordHeadBytes)};
    const std::uint64_t first = header_.kind == FileKind::journal ? header_.position : 0;
    journal::seal_record(out_.data() + at, record, header_.nonce, first + at);
  }

  SegmentHeader header_;
  Bytes out_;
  std::uint64_t changes_ = 0;
  std::uint64_t slots_ = 0;
  bool many_ = false;
};

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

// ---- Seals ----

void check_same_again(const Seals& seals) {
  const std::string written = journal::seals_text(seals);
  const auto again = journal::read_seals(written);
  FUZZ_CHECK(again.has_value() && *again == seals);
  for (const auto& [stream, end] : seals.ends) {
    const auto known = seals.end_of(stream);
    FUZZ_CHECK(known.has_value() == (stream.generation < seals.generation));
    FUZZ_CHECK(!known || *known == end);
  }
  // Nor is it the same with its end missing, or with more behind it.
  FUZZ_CHECK(!journal::read_seals(std::string_view(written).substr(0, written.size() - 1)));
  FUZZ_CHECK(!journal::read_seals(written + '\n'));
}

// What is read stands there: no number is cut, and no line made up.
void check_seals(std::string_view text) {
  const Exact copy(text);
  const auto seals = journal::read_seals(copy.view());
  if (!seals) {
    FUZZ_CHECK(!seals.error().text.empty());
    return;
  }
  check_same_again(*seals);
  std::string written = journal::seals_text(*seals);
  written.erase(written.rfind("check "));
  for (const std::string_view line : lines_of(written)) {
    FUZZ_CHECK(text.find(line) != std::string_view::npos);
  }
}

// The same bytes with a check that is right.
std::string with_check(std::string_view lines) {
  char check[32];
  std::snprintf(check, sizeof check, "check %016llx\n", static_cast<unsigned long long>(hash64(lines)));
  return std::string(lines) + check;
}

// ---- Several files ----

Seals take_seals(Reader& reader) {
  Seals seals;
  seals.generation = reader.byte() % 6;
  for (unsigned count = reader.byte() % 4; count > 0; --count) {
    const journal::StreamName stream{.generation = reader.byte() % 5, .shard = reader.byte() % 3};
    seals.ends[stream] = reader.number();
  }
  return seals;
}

std::string take_file(Reader& reader) {
  SegmentHeader header = plain_header(FileKind::journal, 1);
  const unsigned what = reader.byte();
  if ((what & 1) != 0) header.kind = FileKind::snapshot;
  header.shards = static_cast<std::uint32_t>((what & 2) != 0 ? reader.number() : 1 + (what >> 2 & 1));
  header.stream.shard = (what & 8) != 0 ? 1 : 0;
  header.stream.generation = 1 + reader.byte() % 4;
  header.number = reader.byte() % 4;
  header.position = reader.number();
  const std::size_t size = reader.number() % 0x10000;
  return with_header(header, Records(header).of(reader.take(size)));
}

// They are forged, so they may say anything, and mean nothing together.
void check_files(std::string_view bytes) {
  Reader reader(bytes);
  const Seals seals = take_seals(reader);
  check_same_again(seals);
  const unsigned what = reader.byte();
  const std::uint64_t base = what % 4;
  std::vector<Exact> files;
  for (unsigned count = 1 + reader.byte() % 3; count > 0; --count) files.emplace_back(take_file(reader));
  std::vector<journal::NamedBytes> named;
  for (const Exact& file : files) named.push_back({"file" + std::to_string(named.size()), file.view()});

  Recovery recovery;
  for (const journal::NamedBytes& file : named) recovery.add(file.name, file.bytes);
  recovery.require_snapshots_of(base);
  recovery.seal(seals);
  recovery.finish();
  check_slots(recovery);
  check_same_again(recovery.seals(recovery.generations() + 1));
  for (const journal::Finding& finding : recovery.findings()) {
    for (const journal::NamedBytes& file : named) {
      FUZZ_CHECK(finding.file != file.name || finding.offset <= file.bytes.size());
    }
  }
  if ((what & 4) == 0) return;
  const journal::Check check = journal::check(named, base, seals);
  FUZZ_CHECK(check.files.size() == named.size() && check.changes == recovery.changes());
  for (const Slot slot : check.damaged) FUZZ_CHECK(recovery.damaged(slot));
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
  const auto header = fuzz::plain_header(kind, (what & 16) != 0 ? 2 : 1);
  switch (what % 8) {
    case 0:
      fuzz::check_file(std::string(bytes));
      return 0;
    case 1:
      fuzz::check_file(fuzz::with_header(header, bytes));
      return 0;
    case 2:
    case 3:
      fuzz::check_file(fuzz::with_header(header, fuzz::Records(header).of(bytes)));
      return 0;
    case 4:
      fuzz::check_effects(bytes);
      return 0;
    case 5:
      fuzz::check_seals(bytes);
      fuzz::check_seals(fuzz::with_check(bytes));
      return 0;
    case 6:
      fuzz::check_files(bytes);
      return 0;
    default:
      fuzz::Runs(bytes).go();
      return 0;
  }
}
