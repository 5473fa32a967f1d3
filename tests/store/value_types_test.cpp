// A type of values that the store knows nothing of (numbers.hpp) goes wherever strings and hashes go: into
// other stores, under other names, into the journal and snapshots, to another node; it expires, is accounted
// for, and is freed in steps.
#include <gtest/gtest.h>

#include <limpet/command/command.hpp>
#include <limpet/command/errors.hpp>
#include <limpet/command/relocate.hpp>
#include <limpet/handoff/source.hpp>
#include <limpet/handoff/target.hpp>
#include <limpet/journal/recovery.hpp>
#include <limpet/journal/snapshotter.hpp>
#include <limpet/store/packed.hpp>
#include <limpet/store/slot_copy.hpp>
#include <numeric>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "now.hpp"
#include "numbers.hpp"

namespace limpet::store {
namespace {

using numbers::all_of;
using Numbers = std::vector<std::uint64_t>;

constexpr const char* kName = "n{u}";
constexpr std::uint64_t kMany = 20'000;

// Collects what it is told, as one run of effects of one slot.
class Log final : public ChangeSink {
 public:
  Log() { writer_.begin(effects_); }
  EffectWriter& change_of(Slot) override { return writer_; }
  [[nodiscard]] std::string_view effects() const { return effects_.view(); }

 private:
  Bytes effects_;
  EffectWriter writer_;
};

class ValueTypesTest : public ::testing::Test {
 protected:
  void fill(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) numbers::set(store_, key_, i, i * i, kNow);
  }
  static Numbers squares(std::uint64_t count) {
    Numbers all(count);
    for (std::uint64_t i = 0; i < count; ++i) all[i] = i * i;
    return all;
  }
  [[nodiscard]] Numbers held(Store& store, std::int64_t now = kNow) const {
    const Item item = store.find(key_, now);
    return item ? all_of(item) : Numbers{};
  }
  void apply_to(Store& store, std::string_view effects) const {
    const auto done = apply(store, key_.slot, effects, kNow);
    ASSERT_TRUE(done) << done.error().text;
  }

  // The reply to a command, or to a step of one.
  static std::string run(Store& store, std::initializer_list<std::string_view> words) {
    const std::vector<std::string_view> args(words);
    Bytes out;
    resp::ReplyWriter reply(out, resp::Version::resp2);
    command::Lookups lookups;
    command::Context context{.store = store, .reply = reply, .lookups = lookups, .now = {1, kNow}};
    command::is_step(args) ? command::run_step(context, args) : command::find(args[0])->run(context, args);
    return std::string(out.view());
  }

  const KeyRef key_ = KeyRef::of(kName);
  Store store_{1, numbers::types()};
  Store other_{2, numbers::types()};
};

TEST_F(ValueTypesTest, StandsInItsRecordAndOutsideOfIt) {
  for (const std::uint64_t count : {1U, 10U, 16U, 17U, 1000U, 1001U, 5000U}) {
    fill(count);
    EXPECT_EQ(held(store_), squares(count));
    EXPECT_EQ(store_.find(key_, kNow).type(), numbers::kNumber);
  }
  numbers::cut(store_, key_, 1'500, kNow);
  EXPECT_EQ(held(store_), squares(1'500));
  numbers::set(store_, key_, 1'502, 7, kNow);
  EXPECT_EQ(held(store_)[1'501], 0U) << "zeros fill a gap";
  numbers::cut(store_, key_, 0, kNow);
  EXPECT_EQ(store_.stats().keys, 0U) << "the key goes with its last number";
}

TEST_F(ValueTypesTest, IsAccountedForAndFreedInSteps) {
  const std::uint64_t before = store_.stats().bytes;
  fill(kMany);
  const std::uint64_t full = store_.stats().bytes;
  EXPECT_GE(full - before, kMany * 8);
  EXPECT_LE(full - before, kMany * 9);
  EXPECT_GE(store_.find(key_, kNow).bytes(), kMany * 8);
  EXPECT_TRUE(store_.erase(key_, kNow));
  EXPECT_EQ(store_.stats().keys, 0U);
  EXPECT_GT(store_.stats().bytes, full - 100) << "nothing large is freed at once";
  int calls = 0;
  for (std::uint64_t bytes = full; store_.stats().bytes > before; ++calls) {
    store_.reclaim(kNow, 4);
    EXPECT_GE(bytes - store_.stats().bytes, 8'000U);
    EXPECT_LE(bytes - store_.stats().bytes, 48'000U) << "no call does more than its steps";
    bytes = store_.stats().bytes;
  }
  EXPECT_GE(calls, 4);
}

TEST_F(ValueTypesTest, ExpiresAsAnyOther) {
  const std::uint64_t before = store_.stats().bytes;
  for (const std::uint64_t count : {std::uint64_t{10}, kMany}) {
    fill(count);
    EXPECT_TRUE(store_.set_expiry(key_, kNow + 5'000, kNow));
    EXPECT_EQ(held(store_, kNow + 4'999), squares(count));
    EXPECT_TRUE(held(store_, kNow + 5'000).empty());
    fill(count);
    EXPECT_TRUE(store_.set_expiry(key_, kNow + 5'000, kNow));
    EXPECT_EQ(store_.reclaim(kNow + 10'000, 1'000'000), 1U) << "found by the sweep";
    store_.reclaim(kNow + 10'000, 1'000'000);
    EXPECT_EQ(store_.stats().bytes, before);
  }
}

TEST_F(ValueTypesTest, MovesOutsideWhereItsHeadLeavesNoRoom) {
  fill(16);
  const std::string longer = std::string(880, 'k') + "{u}";
  EXPECT_TRUE(store_.rename(key_, KeyRef::of(longer), kNow));
  EXPECT_EQ(all_of(store_.find(KeyRef::of(longer), kNow)), squares(16));
  EXPECT_TRUE(store_.set_expiry(KeyRef::of(longer), kNow + 5'000, kNow));
  EXPECT_TRUE(store_.rename(KeyRef::of(longer), key_, kNow));
  EXPECT_EQ(held(store_), squares(16));
  EXPECT_EQ(store_.find(key_, kNow).expires_unix_ms(), kNow + 5'000);
}

TEST_F(ValueTypesTest, TakesThePlaceOfOthersAndGivesItToThem) {
  fill(kMany);
  store_.put_string(key_, "a string", Expiry::none(), kNow);
  EXPECT_EQ(store_.find(key_, kNow).string(), "a string");
  Log log;
  log.change_of(key_.slot).put_field(kName, "f", "v", false);
  apply_to(store_, log.effects());
  EXPECT_EQ(store_.find(key_, kNow).string(), "a string") << "an effect on a hash, of the past";
  store_.erase(key_, kNow);
  fill(3);
  apply_to(store_, log.effects());
  EXPECT_EQ(held(store_), squares(3)) << "the same on numbers";
}

TEST_F(ValueTypesTest, WhatItTellsMakesItElsewhere) {
  Log log;
  store_.set_sink(&log);
  store_.put_string(key_, "before", Expiry::none(), kNow);
  store_.erase(key_, kNow);
  std::mt19937_64 random(3);
  for (int i = 0; i < 3'000; ++i) {
    const std::uint64_t size = held(store_).size();
    if (random() % 50 == 0) numbers::cut(store_, key_, random() % (size + 1), kNow);
    numbers::set(store_, key_, random() % (size + 2), random(), kNow);
    if (random() % 500 == 0) store_.rename(key_, KeyRef::of("m{u}"), kNow);
  }
  store_.set_expiry(key_, kNow + 9'000, kNow);
  apply_to(other_, log.effects());
  EXPECT_FALSE(held(store_).empty());
  EXPECT_EQ(held(other_), held(store_));
  EXPECT_EQ(other_.find(key_, kNow).expires_unix_ms(), kNow + 9'000);
  Store without(3);
  EXPECT_FALSE(apply(without, key_.slot, log.effects(), kNow)) << "a store that has no such type";
}

TEST_F(ValueTypesTest, IsCopiedInPiecesWhileItChanges) {
  for (const std::uint64_t size : {std::uint64_t{5}, kMany}) {
    fill(size);
    store_.set_expiry(key_, kNow + 60'000, kNow);
    Log log;
    store_.set_sink(&log);
    std::optional<CopyScope> copying(std::in_place, store_);
    SlotCopy copy(key_.slot);
    std::mt19937_64 random(size);
    for (std::size_t told = 0; !copy.go_on(store_, log); told = log.effects().size()) {
      EXPECT_LE(log.effects().size() - told, kCopySliceFields * 16 + 100) << "in pieces";
      numbers::set(store_, key_, random() % (held(store_).size() + 2), random(), kNow);
      if (random() % 20 == 0) numbers::cut(store_, key_, held(store_).size() - 3, kNow);
    }
    copying.reset();
    store_.set_sink(nullptr);
    apply_to(other_, log.effects());
    EXPECT_EQ(held(other_), held(store_));
    EXPECT_EQ(other_.find(key_, kNow).expires_unix_ms(), kNow + 60'000);
    store_.erase(key_, kNow);
  }
}

TEST_F(ValueTypesTest, ComesBackFromTheJournalAndFromASnapshot) {
  constexpr journal::SegmentHeader kHeader{.stream = {.generation = 1, .shard = 0}, .number = 1, .nonce = 77};
  journal::Writer writer(kHeader.nonce);
  journal::Snapshotter copier(store_, writer, kHeader);
  Bytes header;
  journal::append_header(header, kHeader);
  std::string written(header.view());
  store_.set_sink(&writer);
  const auto end_command = [&] {
    writer.end_command();
    written += writer.take().view();
  };
  fill(kMany);
  end_command();
  std::vector<std::pair<std::string, std::string>> snapshot;
  std::uint64_t changes = 0;
  copier.begin();
  while (copier.running()) {
    copier.go_on();
    if (++changes % 50 == 0) numbers::set(store_, key_, changes, changes, kNow);
    end_command();
  }
  for (journal::SnapshotPiece& piece : copier.pieces()) {
    if (piece.begins_file) snapshot.emplace_back(file_name(piece.header), "");
    snapshot.back().second += piece.bytes.view();
  }
  numbers::cut(store_, key_, 19'000, kNow);
  end_command();
  for (const bool with_snapshot : {false, true}) {
    journal::Recovery recovery;
    recovery.add(file_name(kHeader), written);
    for (const auto& [name, bytes] : snapshot) {
      if (with_snapshot) recovery.add(name, bytes);
    }
    recovery.finish();
    EXPECT_TRUE(recovery.findings().empty());
    Store back(4, numbers::types());
    recovery.each_change(key_.slot, [&](std::string_view effects) { apply_to(back, effects); });
    EXPECT_EQ(held(back), held(store_)) << with_snapshot;
  }
}

TEST_F(ValueTypesTest, GetsOtherNamesHereAndElsewhere) {
  for (const std::uint64_t count : {std::uint64_t{3}, kMany}) {
    fill(count);
    store_.set_expiry(key_, kNow + 60'000, kNow);
    const KeyRef there = KeyRef::of("there{v}");
    EXPECT_EQ(run(store_, {"COPY", kName, there.key}), ":1\r\n");
    EXPECT_EQ(all_of(store_.find(there, kNow)), squares(count));
    EXPECT_EQ(store_.find(there, kNow).expires_unix_ms(), kNow + 60'000);
    EXPECT_EQ(run(store_, {"RENAME", there.key, kName}), "+OK\r\n");
    EXPECT_EQ(held(store_), squares(count));
    EXPECT_FALSE(store_.find(there, kNow));

    const std::string value = pack(store_.find(key_, kNow));
    const std::string refused = "-" + std::string(command::kSyntax) + "\r\n";
    for (const std::size_t size : {std::size_t{0}, std::size_t{9}, value.size() - 1}) {
      EXPECT_EQ(run(other_, {command::kStepWrite, kName, value.substr(0, size), "nx"}), refused);
      EXPECT_EQ(other_.stats().keys, 0U);
    }
    EXPECT_EQ(run(other_, {command::kStepWrite, kName, value, "nx"}), ":1\r\n");
    EXPECT_EQ(held(other_), squares(count));
    EXPECT_EQ(other_.find(key_, kNow).expires_unix_ms(), kNow + 60'000);
    EXPECT_EQ(run(store_, {command::kStepErase, kName, command::digest_of(value)}), ":1\r\n");
    EXPECT_TRUE(held(store_).empty());
    other_.clear();
  }
  Store without(3);
  EXPECT_FALSE(unpack(without, key_, std::string("n") + std::string(16, '\0'), kNow)) << "no such type";
}

TEST_F(ValueTypesTest, GoesToAnotherNode) {
  constexpr handoff::Migration kTry{.boot = 3, .attempt = 2};
  constexpr std::uint64_t kQuick = 1;  // as the other disk is
  Now now{.steady_ms = 1'000'000, .unix_ms = kNow};
  fill(kMany);
  store_.set_expiry(key_, kNow + 60'000, kNow);
  std::optional<CopyScope> copying(std::in_place, store_);
  handoff::Source source(key_.slot, 1, kTry, {5, 2}, 9, now, kQuick);
  std::optional<handoff::Target> target;
  handoff::SlotTitle title;
  for (int i = 0; source.state() != handoff::Source::State::ceding; ++i) {
    ASSERT_LT(i, 1'000);
    source.copy_on(store_, now);
    if (i == 3) {
      Log log;
      store_.set_sink(&log);
      numbers::set(store_, key_, 0, 4'711, kNow);
      store_.set_sink(nullptr);
      source.changed(log.effects());
    }
    while (const std::optional<handoff::Message> message = source.next(now)) {
      if (message->kind == handoff::Kind::begin)
        target.emplace(key_.slot, 0, message->migration, message->term, now);
      if (const auto reply = target->heard(*message, title, other_, now)) source.heard(*reply, now);
      if (target->settles()) source.heard(target->settled(kQuick), now);
      if (!target->title()) continue;
      title = *target->title();
      source.heard(target->written(), now);
    }
  }
  copying.reset();
  Numbers expected = squares(kMany);
  expected[0] = 4'711;
  EXPECT_EQ(held(other_), expected);
  EXPECT_EQ(other_.find(key_, kNow).expires_unix_ms(), kNow + 60'000);
}

TEST_F(ValueTypesTest, LivesInWideSessionsAndGoesWithThem) {
  const std::uint64_t before = store_.stats().bytes;
  fill(kMany);
  for (int i = 0; i < 20; ++i) {
    const std::string name = std::to_string(i) + "{u}";
    i % 2 == 0 ? store_.put_string(KeyRef::of(name), "x", Expiry::none(), kNow)
               : numbers::set(store_, KeyRef::of(name), 0, 1, kNow);
  }
  EXPECT_EQ(held(store_), squares(kMany));
  EXPECT_EQ(store_.stats().sessions, 1U);
  store_.erase_session(key_.slot, "u");
  fill(kMany);
  store_.clear(key_.slot);
  for (int i = 0; i < 4; ++i) store_.reclaim(kNow, 1'000'000);
  EXPECT_EQ(store_.stats().bytes, before);
}

}  // namespace
}  // namespace limpet::store
