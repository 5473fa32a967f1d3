// A backup claims no slot whose sessions its journal may lack, and forgets none that it has.
#include <gtest/gtest.h>

#include <limpet/disk/backup_titles.hpp>

namespace limpet::disk {
namespace {

using handoff::Promise;
using handoff::SlotTitle;
using handoff::Title;
using handoff::TitleBook;

constexpr Slot kSlot = 7;

SlotTitle own(std::uint64_t cessions) {
  return {.title = {.kind = Title::Kind::own, .term = {cessions, 0}}, .promise = std::nullopt};
}
SlotTitle ceded(std::uint64_t cessions) {
  return {.title = {.kind = Title::Kind::ceded, .term = {cessions, 0}, .to = 2}, .promise = std::nullopt};
}
SlotTitle promised(SlotTitle title, std::uint64_t cessions) {
  title.promise = Promise{.from = 2, .term = {cessions, 0}, .migration = {}, .bytes = 5};
  return title;
}

// What the backup says of a slot; nothing: look again.
std::optional<SlotTitle> between(const SlotTitle& was, const SlotTitle& is) {
  TitleBook before;
  before.boot(handoff::boot_id(3, 1));
  TitleBook after = before;
  before.set(kSlot, was);
  after.set(kSlot, is);
  after.stop();
  const auto book = titles_between(before, after);
  if (!book) return std::nullopt;
  EXPECT_FALSE(book->stopped()) << "who is started on it starts as after a crash";
  EXPECT_EQ(book->boot(), after.boot());
  return book->title(kSlot);
}

TEST(TitlesOfABackup, AreThoseThatStoodStill) {
  EXPECT_EQ(between(own(3), own(3)), own(3));
  EXPECT_EQ(between({}, {}), SlotTitle{});
  EXPECT_EQ(between(promised(ceded(4), 4), promised(ceded(4), 4)), promised(ceded(4), 4));
}

TEST(TitlesOfABackup, OfASlotThatWasGivenAwayMeanwhileSayThatItWas) {
  EXPECT_EQ(between(own(3), ceded(4)), ceded(4));
  EXPECT_EQ(between(own(3), promised(ceded(4), 4)), ceded(4)) << "on its way back it may be there in part";
}

TEST(TitlesOfABackup, OfASlotThatWasReceivedMeanwhileSayThatItWasNot) {
  EXPECT_EQ(between({}, own(4)), SlotTitle{});
  EXPECT_EQ(between({}, promised({}, 3)), SlotTitle{});
  EXPECT_EQ(between(ceded(2), own(4)), ceded(2));
}

TEST(TitlesOfABackup, OfASlotThatWasPromisedBeforeSayThatItWasGranted) {
  EXPECT_EQ(between(promised({}, 3), own(4)), own(4));
  EXPECT_EQ(between(promised({}, 3), own(6)), promised({}, 3));
}

TEST(TitlesOfABackup, AreLookedAtAgainWhereASlotWentAndCameBack) {
  EXPECT_EQ(between(own(3), own(5)), std::nullopt);
}

}  // namespace
}  // namespace limpet::disk
