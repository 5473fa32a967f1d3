#include <gtest/gtest.h>

#include <limpet/handoff/title_book.hpp>
#include <string>

#include "samples.hpp"

namespace limpet::handoff {
namespace {

constexpr std::uint64_t kNonce = 77;
constexpr std::size_t kLastRecordBytes = 12 + 5;  // of the one that says that it stopped

// A book in which everything is used.
TitleBook a_book() {
  TitleBook book;
  book.boot(4);
  for (const char* name : {"n1", "n2"}) EXPECT_TRUE(book.member(name).has_value());
  book.found(99);
  book.set_view(7, "epoch = 7\n");
  book.set(0, owner_at(3));
  book.set(16'383, ceded(owner_at(8), 1, {.boot = 4, .attempt = 2}, 1'000));
  return book;
}

std::string file_of(const TitleBook& book) { return std::string(book.write(kNonce).view()); }

void expect_same(const TitleBook& a, const TitleBook& b) {
  EXPECT_EQ(a.boot(), b.boot());
  EXPECT_EQ(a.stopped(), b.stopped());
  EXPECT_EQ(a.founded(), b.founded());
  EXPECT_EQ(a.epoch(), b.epoch());
  EXPECT_EQ(a.view(), b.view());
  EXPECT_EQ(a.names(), b.names());
  for (unsigned slot = 0; slot < kSlots; ++slot) {
    const auto at = static_cast<Slot>(slot);
    EXPECT_EQ(a.title(at), b.title(at)) << slot;
  }
}

// Records behind the file, as a run appends them.
std::string records(std::size_t file_bytes) {
  Bytes out;
  TitleLog log(kNonce, file_bytes);
  log.name(2, "n3");
  log.titles({{5, owner_at(1)}, {0, ceded(owner_at(3), 2, {.boot = 4, .attempt = 3}, 10)}});
  log.seal(out);
  log.view(8, "epoch = 8\n");
  log.seal(out);
  log.stopped();
  log.seal(out);
  return std::string(out.view());
}

TEST(TitleBook, IsReadAsItWasWritten) {
  const TitleBook book = a_book();
  const auto read = TitleBook::read(file_of(book));
  ASSERT_TRUE(read.has_value()) << read.error().text;
  expect_same(*read, book);
  EXPECT_FALSE(read->stopped());
}

TEST(TitleBook, HasRoomForATitleOfEverySlot) {
  TitleBook book = a_book();
  for (unsigned slot = 0; slot < kSlots; ++slot) book.set(static_cast<Slot>(slot), owner_at(slot + 1));
  const auto read = TitleBook::read(file_of(book));
  ASSERT_TRUE(read.has_value());
  expect_same(*read, book);
}

TEST(TitleBook, RecordsBehindTheFileCountInTheirOrder) {
  const std::string file = file_of(a_book());
  const auto read = TitleBook::read(file + records(file.size()));
  ASSERT_TRUE(read.has_value()) << read.error().text;
  EXPECT_EQ(read->names().back(), "n3");
  EXPECT_EQ(read->title(5), owner_at(1));
  EXPECT_EQ(read->title(0).title.kind, Title::Kind::ceded);
  EXPECT_EQ(read->epoch(), 8U);
  EXPECT_TRUE(read->stopped());
}

TEST(TitleBook, CutAnywhereItSaysWhatWasWrittenBeforeTheCut) {
  const std::string file = file_of(a_book());
  const std::string whole = file + records(file.size());
  std::size_t was_dropped = 0;
  for (std::size_t size = file.size(); size < whole.size(); ++size) {
    std::size_t dropped = 0;
    const auto read = TitleBook::read(whole.substr(0, size), &dropped);
    ASSERT_TRUE(read.has_value()) << size << ": " << read.error().text;
    EXPECT_FALSE(read->stopped());
    EXPECT_TRUE(read->epoch() == 7 || read->epoch() == 8);
    // Both titles of a record count, or neither.
    EXPECT_EQ(owns(read->title(5)), !owns(read->title(0)));
    was_dropped += dropped > 0;
  }
  EXPECT_GT(was_dropped, 100U);
}

TEST(TitleBook, AnyBitThatIsFlippedIsNoticedUnlessItIsInTheLastRecord) {
  const std::string file = file_of(a_book());
  const std::string whole = file + records(file.size());
  const auto good = TitleBook::read(whole);
  ASSERT_TRUE(good.has_value());
  std::size_t refused = 0;
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    std::size_t dropped = 0;
    const auto read = TitleBook::read(flipped, &dropped);
    if (!read) {
      ++refused;
      continue;
    }
    // The record of the end is the last: what it says is lost, nothing else.
    EXPECT_EQ(dropped, kLastRecordBytes) << "bit " << bit;
    EXPECT_FALSE(read->stopped());
    EXPECT_EQ(read->title(5), good->title(5));
  }
  EXPECT_EQ(refused, (whole.size() - kLastRecordBytes) * 8);
}

TEST(TitleBook, OfANewerFormatItIsRefusedWithWhatToDo) {
  std::string file = file_of(a_book());
  file[8] = 3;
  const auto read = TitleBook::read(file);
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code, Code::refused);
  EXPECT_NE(read.error().text.find("format 3"), std::string::npos);
}

TEST(TitleBook, AnEmptyFileOrAnotherKindOfFileIsNone) {
  for (const std::string& file : {std::string(), std::string("LMPTITLE"), std::string(100, 'x')}) {
    EXPECT_FALSE(TitleBook::read(file).has_value());
  }
}

TEST(TitleBook, KnowsANodeByTheSameNumberForEver) {
  TitleBook book = a_book();
  EXPECT_EQ(*book.member("n2"), 1U);
  EXPECT_EQ(*book.member("n3"), 2U);
  EXPECT_EQ(*book.member("n1"), 0U);
}

}  // namespace
}  // namespace limpet::handoff
