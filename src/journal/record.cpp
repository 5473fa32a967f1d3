#include <limpet/base/assert.hpp>
#include <limpet/base/hash.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/journal/record.hpp>

namespace limpet::journal {

namespace {

constexpr std::size_t kBodyCheckAt = 4;
constexpr std::size_t kLengthAt = 8;
constexpr std::size_t kSlotAt = 12;
constexpr std::size_t kKindAt = 14;
constexpr std::size_t kSequenceAt = 16;
constexpr std::size_t kBootAt = 24;
static_assert(kBootAt + 4 == kRecordHeadBytes);

std::uint32_t check_of(std::string_view bytes, std::uint64_t seed) {
  return static_cast<std::uint32_t>(hash64(bytes, seed));
}

std::uint32_t head_check(const char* head, std::uint64_t seed) {
  return check_of({head + kBodyCheckAt, kRecordHeadBytes - kBodyCheckAt}, seed);
}

bool plausible(const char* head) {
  const auto kind = static_cast<unsigned char>(head[kKindAt]);
  return head[kKindAt + 1] == 0 && load_le<Slot>(head + kSlotAt) < kSlots &&
         load_le<std::uint32_t>(head + kLengthAt) <= kRecordBytesMax &&
         kind >= static_cast<unsigned>(Record::Kind::change) &&
         kind <= static_cast<unsigned>(Record::Kind::goes_on);
}

// Of a record whose body is whole.
bool fits(Record::Kind kind, std::size_t length) {
  if (kind == Record::Kind::change) return true;
  return length == (kind == Record::Kind::term ? kTermBodyBytes : kNumberBodyBytes);
}

}  // namespace

std::uint64_t Record::bytes() const { return kRecordHeadBytes + body.size(); }

std::uint64_t number_in(const Record& record) { return load_le<std::uint64_t>(record.body.data()); }

void seal_record(char* at, const Record& record, std::uint64_t nonce, std::uint64_t position) {
  const std::uint64_t seed = nonce + position;
  store_le(at + kBodyCheckAt, check_of(record.body, seed));
  store_le(at + kLengthAt, static_cast<std::uint32_t>(record.body.size()));
  store_le(at + kSlotAt, record.slot);
  at[kKindAt] = static_cast<char>(record.kind);
  at[kKindAt + 1] = 0;
  store_le(at + kSequenceAt, record.sequence);
  store_le(at + kBootAt, record.boot);
  store_le(at, head_check(at, seed));
}

void append_number_record(Bytes& out, Record record, std::uint64_t number, std::uint64_t nonce,
                          std::uint64_t position) {
  char* const at = out.extend(kRecordHeadBytes + kNumberBodyBytes);
  store_le(at + kRecordHeadBytes, number);
  record.body = {at + kRecordHeadBytes, kNumberBodyBytes};
  seal_record(at, record, nonce, position);
}

void append_term_record(Bytes& out, Slot slot, std::uint64_t sequence, const LastChange& last,
                        std::uint64_t nonce, std::uint64_t position) {
  const std::size_t at = out.size();
  out.extend(kRecordHeadBytes);
  append_last(out, last);
  const Record record{.kind = Record::Kind::term,
                      .slot = slot,
                      .sequence = sequence,
                      .boot = last.boot,
                      .body = out.view().substr(at + kRecordHeadBytes)};
  seal_record(out.data() + at, record, nonce, position);
}

LastChange last_in(const Record& record) {
  std::string_view body = record.body;
  LastChange last;
  LIMPET_ASSERT(take_last(body, last));
  last.boot = record.boot;
  return last;
}

RecordStep next_record(std::string_view bytes, std::uint64_t nonce, std::uint64_t position) {
  RecordStep step;
  if (bytes.size() < kRecordHeadBytes) return step;
  const std::uint64_t seed = nonce + position;
  const char* const head = bytes.data();
  step.kind = RecordStep::Kind::broken;
  if (!plausible(head) || load_le<std::uint32_t>(head) != head_check(head, seed)) return step;
  step.record.kind = static_cast<Record::Kind>(head[kKindAt]);
  step.record.slot = load_le<Slot>(head + kSlotAt);
  step.record.sequence = load_le<std::uint64_t>(head + kSequenceAt);
  step.record.boot = load_le<std::uint32_t>(head + kBootAt);
  const auto length = load_le<std::uint32_t>(head + kLengthAt);
  if (bytes.size() - kRecordHeadBytes < length) {
    step.kind = RecordStep::Kind::cut;
    return step;
  }
  step.record.body = bytes.substr(kRecordHeadBytes, length);
  const bool whole = check_of(step.record.body, seed) == load_le<std::uint32_t>(head + kBodyCheckAt);
  step.kind =
      whole && fits(step.record.kind, length) ? RecordStep::Kind::record : RecordStep::Kind::broken_body;
  return step;
}

std::size_t find_record(std::string_view bytes, std::size_t from, std::uint64_t nonce,
                        std::uint64_t position_of_bytes) {
  for (std::size_t at = from; at + kRecordHeadBytes <= bytes.size(); ++at) {
    if (!plausible(bytes.data() + at)) continue;
    const RecordStep step = next_record(bytes.substr(at), nonce, position_of_bytes + at);
    if (step.kind == RecordStep::Kind::record) return at;
  }
  return std::string_view::npos;
}

}  // namespace limpet::journal
