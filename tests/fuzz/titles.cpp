// Titles and hand-overs: whatever stands in a file of titles or comes from another node is read within its
// bounds, and neither the machines of a hand-over nor those who drive them are led astray by it.
//
// The input is a file of titles. It is read as it is, behind a good head, and its parts as the bodies of
// records that are right; or it says what is written into one, and how that is damaged. Or it is a title and
// a message; or what a source of a slot tells its target (receiver.hpp); or what happens to two nodes that
// give each other slots (two_nodes.hpp).
#include <limpet/handoff/message.hpp>
#include <limpet/handoff/title.hpp>
#include <limpet/handoff/title_book.hpp>
#include <optional>

#include "fuzz.hpp"
#include "receiver.hpp"
#include "two_nodes.hpp"

namespace limpet::fuzz {
namespace {

using handoff::Member;
using handoff::Migration;
using handoff::SlotTitle;
using handoff::Title;
using handoff::TitleBook;
using handoff::TitleLog;

constexpr std::uint64_t kNonce = 42;
constexpr std::size_t kHeadBytes = 24;
constexpr std::size_t kRecordHeadBytes = 12;

// ---- Files ----

bool is_same(const TitleBook& a, const TitleBook& b) {
  for (unsigned slot = 0; slot < kSlots; ++slot) {
    if (a.title(static_cast<Slot>(slot)) != b.title(static_cast<Slot>(slot))) return false;
  }
  // A view without an epoch is none.
  return a.boot() == b.boot() && a.stopped() == b.stopped() && a.founded() == b.founded() &&
         a.epoch() == b.epoch() && (a.epoch() == 0 || a.view() == b.view()) && a.names() == b.names();
}

void check_file(std::string_view bytes) {
  const Exact file(bytes);
  std::size_t dropped = 0;
  const auto book = TitleBook::read(file.view(), &dropped);
  if (!book) {
    FUZZ_CHECK(!book.error().text.empty());
    return;
  }
  FUZZ_CHECK(dropped + kHeadBytes <= bytes.size() && book->boot() > 0);
  const Bytes written = book->write(kNonce + 1);
  const auto again = TitleBook::read(written.view(), &dropped);
  FUZZ_CHECK(again.has_value() && dropped == 0 && is_same(*again, *book));
}

std::string head() {
  const Bytes written = TitleBook().write(kNonce);
  return std::string(written.view().substr(0, kHeadBytes));
}

// As TitleLog seals, whatever the body is.
void seal(Bytes& file, std::string_view body) {
  const std::uint64_t at = file.size();
  append_le(file, static_cast<std::uint32_t>(body.size()));
  append_le(file, hash64(body, kNonce ^ (at * 0x9e3779b97f4a7c15ULL)));
  file.append(body);
}

std::string items_of(std::string_view bytes) {
  Reader reader(bytes);
  Bytes items;
  while (!reader.empty()) {
    const std::string_view rest = reader.take(1 + reader.byte() % 64);
    append_le(items, static_cast<std::uint32_t>(rest.size()));
    items.append(rest);
  }
  return std::string(items.view());
}

// Records that are right, with the input's bytes as their bodies, as the items in them, and between them.
void check_records(std::string_view bytes, bool booted) {
  Bytes file;
  file.append(head());
  if (booted) {
    TitleLog log(kNonce, file.size());
    log.boot(1);
    log.seal(file);
    Bytes same;
    same.append(head());
    seal(same, file.view().substr(kHeadBytes + kRecordHeadBytes));
    FUZZ_CHECK(same.view() == file.view());
  }
  Reader reader(bytes);
  while (!reader.empty()) {
    const unsigned what = reader.byte();
    const std::string_view part = reader.take(reader.byte());
    if (what % 8 == 0) {
      file.append(part);
    } else {
      seal(file, what % 8 == 1 ? std::string(part) : items_of(part));
    }
  }
  check_file(file.view());
}

// ---- What is written ----

Term take_term(Reader& reader) {
  const std::uint64_t cessions = reader.number();
  return {cessions, static_cast<std::uint32_t>(reader.number())};
}

SlotTitle take_slot_title(Reader& reader) {
  SlotTitle slot;
  const unsigned what = reader.byte();
  slot.title.kind = static_cast<Title::Kind>(what % 3);
  if (slot.title.kind != Title::Kind::none) slot.title.term = take_term(reader);
  if (slot.title.kind == Title::Kind::ceded) {
    slot.title.to = static_cast<Member>(reader.number());
    slot.title.migration = {.boot = reader.number(), .attempt = reader.number()};
    slot.title.bytes = reader.number();
  }
  // Nobody is promised what it owns: such a title is none.
  if ((what & 4) != 0 && slot.title.kind != Title::Kind::own) {
    slot.promise = {.from = static_cast<Member>(reader.number()), .term = take_term(reader)};
    slot.promise->migration = {.boot = reader.number(), .attempt = reader.number()};
    slot.promise->bytes = reader.number();
  }
  return slot;
}

// A file and the book that it has to amount to. What a record says is there once it is whole.
class Written {
 public:
  explicit Written(Reader& reader) : reader_(reader) {
    book_.boot(1);
    file_ = book_.write(kNonce);
    log_.emplace(kNonce, file_.size());
  }

  void go() {
    for (unsigned records = 1 + reader_.byte() % 4; records > 0; --records) add_record();
    const auto read = TitleBook::read(file_.view());
    FUZZ_CHECK(read.has_value() && is_same(*read, book_));
    check_damaged();
  }

 private:
  void add_record() {
    before_ = book_;
    last_at_ = file_.size();
    for (unsigned items = 1 + reader_.byte() % 4; items > 0; --items) add_item();
    log_->seal(file_);
  }
  void add_item() {
    switch (reader_.byte() % 6) {
      case 0:
        book_.boot(book_.boot() + 1);
        return log_->boot(book_.boot());
      case 1:
        book_.stop();
        return log_->stopped();
      case 2:
        return add_name(reader_.take(reader_.byte() % 16));
      case 3:
        book_.found(reader_.number());
        return log_->founded(book_.founded());
      case 4: {
        const std::uint64_t epoch = reader_.number();
        book_.set_view(epoch, reader_.take(reader_.byte()));
        return log_->view(epoch, book_.view());
      }
      default:
        return add_titles(reader_.byte() % 4);
    }
  }
  void add_name(std::string_view name) {
    const std::size_t known = book_.names().size();
    const auto member = book_.member(name);
    FUZZ_CHECK(member.has_value() && book_.names()[*member] == name);
    if (*member == known) log_->name(*member, name);
  }
  void add_titles(unsigned count) {
    std::vector<std::pair<Slot, SlotTitle>> titles;
    for (; count > 0; --count) {
      const auto slot = static_cast<Slot>(reader_.number() % kSlots);
      titles.emplace_back(slot, take_slot_title(reader_));
      book_.set(slot, titles.back().second);
    }
    log_->titles(titles);
  }

  // Cut in its last record, or with a bit changed anywhere, it is what it was without that record, or it is
  // refused.
  void check_damaged() {
    if (last_at_ == file_.size()) return;  // nothing new was said in it
    const bool cut = reader_.byte() % 2 == 0;
    std::string file(file_.view());
    const std::size_t last_bytes = file.size() - last_at_;
    std::size_t at = reader_.number();
    if (cut) {
      at = last_at_ + at % last_bytes;
      file.resize(at);
    } else {
      at %= file.size();
      file[at] = static_cast<char>(file[at] ^ (1 << reader_.byte() % 8));
    }
    std::size_t dropped = 0;
    const Exact copy(file);
    const auto read = TitleBook::read(copy.view(), &dropped);
    FUZZ_CHECK(read.has_value() == (at >= last_at_));
    if (!read) return;
    FUZZ_CHECK(dropped == file.size() - last_at_ && is_same(*read, before_));
  }

  Reader& reader_;
  TitleBook book_;
  TitleBook before_;  // without the last record
  Bytes file_;
  std::size_t last_at_ = 0;
  std::optional<TitleLog> log_;
};

// ---- Titles and messages ----

void check_titles(std::string_view bytes) {
  const Exact copy(bytes);
  std::string_view rest = copy.view();
  while (true) {
    const std::string_view before = rest;
    Slot slot = 0;
    SlotTitle title;
    if (!handoff::take_title(rest, slot, title)) return;
    FUZZ_CHECK(slot < kSlots && rest.size() < before.size());
    Bytes written;
    handoff::append_title(written, slot, title);
    FUZZ_CHECK(written.view() == before.substr(0, before.size() - rest.size()));
  }
}

void check_message(std::string_view bytes) {
  const Exact copy(bytes);
  handoff::Message message;
  if (!handoff::read_message(copy.view(), message)) return;
  FUZZ_CHECK(message.rest.size() + handoff::kMessageHeadBytes == bytes.size());
  Bytes written;
  handoff::append_message(written, message);
  FUZZ_CHECK(written.view() == bytes);
}

// What follows from any title for any try.
void check_rules(Reader reader) {
  const SlotTitle slot = take_slot_title(reader);
  const Term term = take_term(reader);
  const Migration migration{.boot = reader.number(), .attempt = reader.number()};
  const auto from = static_cast<Member>(reader.number());
  const std::uint64_t bytes = reader.number();
  const bool may = handoff::may_receive(slot, term, migration);
  FUZZ_CHECK(!may || !handoff::owns(slot));
  const auto promised =
      handoff::promised(slot, {.from = from, .term = term, .migration = migration, .bytes = bytes});
  FUZZ_CHECK(!handoff::may_receive(promised, term, migration));
  const auto granted = handoff::granted(promised, from, term, migration, bytes);
  FUZZ_CHECK(!may || (granted && handoff::owns(*granted) && granted->title.term == after_cession(term)));
  FUZZ_CHECK(!handoff::granted(promised, from, term, migration, bytes + 1));
  FUZZ_CHECK(handoff::forgotten(promised).title == slot.title && !handoff::forgotten(promised).promise);
  if (!handoff::owns(slot)) return;
  const SlotTitle ceded = handoff::ceded(slot, from, migration, bytes);
  FUZZ_CHECK(handoff::fate_of(ceded, slot.title.term, migration, false) == handoff::Fate::ceded);
  FUZZ_CHECK(handoff::fate_of(slot, term, migration, false) == handoff::Fate::abandoned);
}

}  // namespace
}  // namespace limpet::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpet;
  if (size == 0) return 0;
  // The first byte says what is done with the rest.
  const std::string_view bytes = fuzz::text_of(data, size).substr(1);
  const unsigned what = data[0];
  fuzz::Reader reader(bytes);
  switch (what % 8) {
    case 0:
      fuzz::check_file(bytes);
      return 0;
    case 1:
      fuzz::check_file(fuzz::head() + std::string(bytes));
      return 0;
    case 2:
      fuzz::check_records(bytes, (what & 8) == 0);
      return 0;
    case 3:
      fuzz::Written(reader).go();
      return 0;
    case 4:
      fuzz::check_titles(bytes);
      fuzz::check_message(bytes);
      fuzz::check_rules(reader);
      return 0;
    case 5:
      fuzz::Receiver(reader, (what & 8) != 0).go();
      return 0;
    default:
      fuzz::TwoNodes(reader, what % 8 == 6).go();
      return 0;
  }
}
