#include <gtest/gtest.h>

#include <limpet/handoff/message.hpp>
#include <limpet/handoff/title.hpp>
#include <vector>

#include "samples.hpp"

namespace limpet::handoff {
namespace {

constexpr Migration kLater{.boot = 3, .attempt = 3};

SlotTitle promised_to(std::uint64_t cessions, const Migration& migration) {
  return promised({}, {.from = 1, .term = {cessions}, .migration = migration, .bytes = 100});
}

TEST(Titles, AnOwnerReceivesNothing) { EXPECT_FALSE(may_receive(owner_at(3), {9}, kTry)); }

TEST(Titles, WhoHasGivenAtAHigherTermReceivesNothingOfALower) {
  const SlotTitle given = ceded(owner_at(5), 2, kTry, 100);
  EXPECT_FALSE(may_receive(given, {5}, kLater));
  EXPECT_TRUE(may_receive(given, {6}, kTry)) << "it may come back";
}

TEST(Titles, APromiseGivesWayToALaterTryOnly) {
  EXPECT_TRUE(may_receive(promised_to(5, kTry), {5}, kLater));
  EXPECT_TRUE(may_receive(promised_to(5, kLater), {6}, kTry));
  EXPECT_FALSE(may_receive(promised_to(5, kTry), {5}, kTry));
  EXPECT_FALSE(may_receive(promised_to(5, kLater), {5}, kTry));
  EXPECT_FALSE(may_receive(promised_to(5, {.boot = 4, .attempt = 1}), {5}, kLater)) << "of an earlier start";
}

TEST(Titles, OnlyWhatWasPromisedIsGranted) {
  const SlotTitle slot = promised_to(5, kTry);
  const std::optional<SlotTitle> owned = granted(slot, 1, {5}, kTry, 100);
  ASSERT_TRUE(owned.has_value());
  EXPECT_EQ(*owned, owner_at(6));
  EXPECT_FALSE(granted(slot, 2, {5}, kTry, 100)) << "of another node";
  EXPECT_FALSE(granted(slot, 1, {6}, kTry, 100)) << "of another term";
  EXPECT_FALSE(granted(slot, 1, {5}, kLater, 100)) << "of another try";
  EXPECT_FALSE(granted(slot, 1, {5}, kTry, 101)) << "of more than was received";
  EXPECT_FALSE(granted({}, 1, {5}, kTry, 100)) << "nothing was promised";
  EXPECT_FALSE(granted(owner_at(8), 1, {5}, kTry, 100));
}

TEST(Titles, TheFateOfATryIsToldFromTheTitle) {
  const SlotTitle given = ceded(owner_at(5), 2, kTry, 100);
  EXPECT_EQ(fate_of(given, {5}, kTry, false), Fate::ceded);
  EXPECT_EQ(fate_of(given, {5}, kLater, false), Fate::abandoned);
  EXPECT_EQ(fate_of(given, {3}, kTry, false), Fate::abandoned) << "of another node that gave it before";
  EXPECT_EQ(fate_of(owner_at(5), {5}, kTry, true), Fate::pending);
  EXPECT_EQ(fate_of(owner_at(5), {5}, kTry, false), Fate::abandoned);
  EXPECT_EQ(fate_of(owner_at(7), {5}, kTry, false), Fate::abandoned) << "it has come back since";
}

TEST(Titles, WhatWasOfferedBackIsNotGrantedAgain) {
  const SlotTitle given = ceded(owner_at(5), 2, kTry, 100);
  const SlotTitle back = promised(given, {.from = 2, .term = {6}, .migration = kLater, .bytes = 9});
  EXPECT_EQ(fate_of(back, {5}, kTry, false), Fate::abandoned) << "its receiver asks from a disk of the past";
}

TEST(Titles, AfterAnUncleanStopTheTermOfAnOwnerRisesAndNothingElseChanges) {
  EXPECT_EQ(raised(owner_at(5)), owner_at(5, 1));
  EXPECT_EQ(raised(owner_at(5, 1)), owner_at(5, 2));
  EXPECT_EQ(raised(promised_to(5, kTry)), promised_to(5, kTry));
  EXPECT_EQ(raised({}), SlotTitle{});
}

TEST(Titles, ARestartNeverOutranksACessionHoweverOftenItHappens) {
  SlotTitle owner = owner_at(5);
  for (int start = 0; start < 1'000; ++start) owner = raised(owner);
  const SlotTitle given = ceded(owner_at(5), 2, kTry, 100);
  EXPECT_LT(owner.title.term, given.title.term);
  EXPECT_EQ(ceded(owner, 2, kTry, 100).title.term, given.title.term) << "a cession begins its restarts anew";
  const SlotTitle last = owner_at(5, ~std::uint32_t{0});
  EXPECT_EQ(raised(last), last) << "and the highest does not begin anew";
}

TEST(Titles, AreReadAsTheyWereWritten) {
  const std::vector<SlotTitle> titles = {
      {},
      owner_at(~std::uint64_t{0}, ~std::uint32_t{0}),
      ceded(owner_at(5), 65'535, kLater, 7),
      promised_to(5, kTry),
      promised(ceded(owner_at(5), 2, kTry, 100), {.from = 2, .term = {6}, .migration = kLater, .bytes = 9})};
  Bytes bytes;
  for (std::size_t i = 0; i < titles.size(); ++i)
    append_title(bytes, static_cast<Slot>(i + 16'000), titles[i]);
  std::string_view rest = bytes.view();
  for (std::size_t i = 0; i < titles.size(); ++i) {
    Slot slot = 0;
    SlotTitle title;
    ASSERT_TRUE(take_title(rest, slot, title));
    EXPECT_EQ(slot, i + 16'000);
    EXPECT_EQ(title, titles[i]);
  }
  EXPECT_TRUE(rest.empty());
}

TEST(Titles, CutOrWrongBytesAreNone) {
  Bytes bytes;
  append_title(bytes, 5,
               promised(ceded(owner_at(5), 2, kTry, 100), {.from = 2, .term = {6}, .migration = kLater}));
  Slot slot = 0;
  SlotTitle title;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    std::string_view cut = bytes.view().substr(0, size);
    EXPECT_FALSE(take_title(cut, slot, title)) << size;
  }
  for (const std::string& wrong :
       {std::string("\x00\x40\x00", 3), std::string("\x01\x00\x03", 3), std::string("\x01\x00\x04", 3)}) {
    std::string_view from = wrong;
    EXPECT_FALSE(take_title(from, slot, title));
  }
}

TEST(HandoffMessage, IsReadAsItWasWrittenAndCutBytesAreNone) {
  const Message sent{
      .kind = Kind::piece, .migration = kTry, .term = {7}, .number = 1ULL << 40U, .digest = 9, .rest = "abc"};
  Bytes bytes;
  append_message(bytes, sent);
  Message read;
  ASSERT_TRUE(read_message(bytes.view(), read));
  EXPECT_EQ(read.kind, sent.kind);
  EXPECT_EQ(read.migration, sent.migration);
  EXPECT_EQ(read.term, sent.term);
  EXPECT_EQ(read.number, sent.number);
  EXPECT_EQ(read.digest, sent.digest);
  EXPECT_EQ(read.rest, sent.rest);
  for (std::size_t size = 0; size < kMessageHeadBytes; ++size) {
    EXPECT_FALSE(read_message(bytes.view().substr(0, size), read)) << size;
  }
  for (const int kind : {0, 8, 15, 26, 255}) {
    *bytes.data() = static_cast<char>(kind);
    EXPECT_FALSE(read_message(bytes.view(), read)) << kind;
  }
}

TEST(Titles, WhoGaveWayToACessionThatItsDiskHasForgottenKeepsThatPromise) {
  const SlotTitle gave_way{.title = {.kind = Title::Kind::ceded, .term = {4}, .to = 2},
                           .promise = std::nullopt};
  EXPECT_TRUE(was_ceded_once(gave_way, 2, {3, 1})) << "however often the node had been restarted then";
  EXPECT_FALSE(was_ceded_once(gave_way, 1, {3})) << "it is another's";
  EXPECT_FALSE(was_ceded_once(gave_way, 2, {2})) << "a try of before that";
  const SlotTitle ceded_in_a_try = ceded(owner_at({3}), 2, {.boot = 7, .attempt = 1}, 9);
  EXPECT_FALSE(was_ceded_once(ceded_in_a_try, 2, {3})) << "which try it was is known";
}

}  // namespace
}  // namespace limpet::handoff
