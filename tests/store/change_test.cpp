// Changes hold all that happened: whoever applies them has the same sessions.
#include <gtest/gtest.h>

#include <limpet/store/slot_copy.hpp>
#include <limpet/store/store.hpp>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "now.hpp"
#include "random_store.hpp"

namespace limpet::store {
namespace {

// Collects effects by slot, as they come.
class Log final : public ChangeSink {
 public:
  EffectWriter& change_of(Slot slot) override {
    effects_.emplace_back(slot, Bytes());
    writer_.begin(effects_.back().second);
    return writer_;
  }
  [[nodiscard]] std::size_t size() const { return effects_.size(); }
  [[nodiscard]] std::string all_of(Slot slot, std::size_t from = 0) const {
    std::string all;
    for (std::size_t i = from; i < effects_.size(); ++i) {
      if (effects_[i].first == slot) all += effects_[i].second.view();
    }
    return all;
  }
  // Applies everything from the `from`-th effect on.
  void replay(Store& store, std::size_t from, std::int64_t unix_ms) const {
    replay(store, from, effects_.size(), unix_ms);
  }
  void replay(Store& store, std::size_t from, std::size_t to, std::int64_t unix_ms) const {
    for (std::size_t i = from; i < to; ++i) {
      const auto done = apply(store, effects_[i].first, effects_[i].second.view(), unix_ms);
      ASSERT_TRUE(done) << done.error().text;
    }
  }

 private:
  std::vector<std::pair<Slot, Bytes>> effects_;
  EffectWriter writer_;
};

class Changes : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  Log log_;
  RandomStore random_{GetParam(), log_};
  Store& store_ = random_.store();
};

TEST_P(Changes, AppliedToNothingTheyMakeTheSameStore) {
  random_.steps(4'000);
  Store copy(99);
  log_.replay(copy, 0, random_.now());
  EXPECT_EQ(contents(copy, random_.now()), contents(store_, random_.now()));
  // What had expired goes from the copy as well, and then the counts agree too.
  for (Store* store : {&store_, &copy}) {
    for (int i = 0; i < 3; ++i) store->reclaim(random_.now() + 10'000, 10'000'000);
  }
  EXPECT_EQ(copy.stats().keys, store_.stats().keys);
  EXPECT_EQ(copy.stats().sessions, store_.stats().sessions);
  EXPECT_EQ(copy.stats().expiring_keys, store_.stats().expiring_keys);
}

TEST_P(Changes, ATimeOutThatPassedInTheMeantimeChangesNothingOfTheRest) {
  random_.steps(3'000);
  const auto before = contents(store_, random_.now());
  Store copy(99);
  log_.replay(copy, 0, random_.now() + 3'600'000);
  EXPECT_EQ(contents(copy, random_.now()), before) << "the clock at the replay decides nothing";
  auto lasting = before;
  std::erase_if(lasting, [](const auto& each) { return !each.second.starts_with("0:"); });
  EXPECT_EQ(contents(copy, random_.now() + 3'600'000), lasting);
}

// A slot is copied a piece at a time while it changes; the changes since the copy began bring it up to date.
TEST_P(Changes, SinceACopyBeganTheyBringItUpToDate) {
  random_.steps(1'000);
  Store copy(99);
  const std::size_t from = log_.size();
  std::optional<CopyScope> copying(std::in_place, store_);
  for (unsigned uid = 0; uid < random_.uids(); ++uid) {
    const Slot slot = slot_of_uid("u" + std::to_string(uid));
    std::uint64_t position = 0;
    do {
      Log copied;
      std::vector<std::string> names;
      position = store_.scan(slot, position, 1, random_.now(), [&](const Item& item) {
        tell_item(copied, slot, item.key(), item);
        names.emplace_back(item.key());
      });
      for (const std::string& name : names) copy.erase(KeyRef::of(name), kBeforeAnyExpiry);
      copied.replay(copy, 0, random_.now());
      random_.steps(static_cast<int>(random_.below(20)));
    } while (position != 0);
  }
  copying.reset();
  random_.steps(200);
  log_.replay(copy, from, random_.now());
  EXPECT_EQ(contents(copy, random_.now()), contents(store_, random_.now()));
}

INSTANTIATE_TEST_SUITE_P(Seeds, Changes, ::testing::Range<std::uint64_t>(1, 41));

// A slot that is copied while keys of it expire. Copy and changes go to another store in the order in which
// they happen, as they do to another node.
class Expiring : public ::testing::Test {
 protected:
  Expiring() {
    store_.set_sink(&stream_);
    copying_.emplace(store_);
  }
  // One step of the copy.
  bool copy() { return copy_.go_on(store_, stream_); }
  // A hash with a time-out that was there before the copy began gets a field before the copy comes to it.
  void change_before_its_turn() {
    const KeyRef key = KeyRef::of(kKey);
    store_.set_sink(nullptr);
    store_.put_field(key, "f", "v", now_);
    store_.set_expiry(key, now_ + 5'000, now_);
    store_.set_sink(&stream_);
    store_.put_field(key, "g", "w", now_);
  }
  void let_expire() {
    now_ += 10'000;
    store_.reclaim(now_, 100'000);
  }
  [[nodiscard]] std::uint64_t keys_of_the_copy() {
    Store other(99);
    stream_.replay(other, 0, now_);
    other.reclaim(now_ + 100'000'000, 100'000);
    return other.keys_in(kSlot);
  }

  static constexpr const char* kKey = "k{u}";
  const Slot kSlot = slot_of(kKey);
  std::int64_t now_ = kNow;
  Log stream_;
  Store store_{1};
  std::optional<CopyScope> copying_;
  SlotCopy copy_{kSlot};
};

TEST_F(Expiring, AHashInTheMiddleOfItsCopyLeavesNothingBehind) {
  const KeyRef key = KeyRef::of(kKey);
  for (int i = 0; i < 200; ++i) store_.put_field(key, "f" + std::to_string(i), "v", now_);
  store_.set_expiry(key, now_ + 5'000, now_);
  Log copied;
  EXPECT_FALSE(copy_.go_on(store_, copied));
  EXPECT_FALSE(copy_.go_on(store_, copied));
  const std::size_t from = stream_.size();
  let_expire();
  while (!copy_.go_on(store_, copied)) continue;
  Store other(99);
  copied.replay(other, 0, now_);
  stream_.replay(other, from, now_);
  other.reclaim(now_ + 100'000'000, 100'000);
  EXPECT_EQ(other.keys_in(kSlot), 0U);
}

TEST_F(Expiring, AKeyThatChangedBeforeItsTurnCameLeavesNothingBehind) {
  change_before_its_turn();
  let_expire();
  while (!copy()) continue;
  EXPECT_EQ(keys_of_the_copy(), 0U);
}

TEST_F(Expiring, AKeyWhoseTimeHasPassedAndThatIsStillThereIsCopiedWithItsTimeOut) {
  change_before_its_turn();
  now_ += 10'000;
  while (!copy()) continue;
  copying_.reset();
  store_.reclaim(now_, 100'000);
  EXPECT_EQ(keys_of_the_copy(), 0U);
}

TEST_F(Expiring, ASlotThatIsBeingFilledKeepsWhatALaterChangeMayNeed) {
  const KeyRef key = KeyRef::of(kKey);
  store_.put_field(key, "f", "v", now_);
  store_.set_expiry(key, now_ + 5'000, now_);
  const std::size_t later = stream_.size();
  store_.set_expiry(key, now_ + 500'000, now_);
  Store other(99);
  other.suspend_reclaim(kSlot);
  stream_.replay(other, 0, later, now_);
  other.reclaim(now_ + 20'000, 100'000);
  EXPECT_FALSE(other.evict(0, 100, now_ + 20'000));
  EXPECT_EQ(other.keys_in(kSlot), 1U);
  stream_.replay(other, later, now_ + 20'000);
  other.resume_reclaim(kSlot);
  other.reclaim(now_ + 20'000, 100'000);
  EXPECT_EQ(other.keys_in(kSlot), 1U) << "it lives until the later time-out";
  other.reclaim(now_ + 600'000, 100'000);
  EXPECT_EQ(other.keys_in(kSlot), 0U);
}

TEST(Change, OfAnotherSlotOrCutIsRefused) {
  Bytes effects;
  EffectWriter to;
  to.begin(effects);
  to.put_string("k", "value", kNow + 5);
  to.write_string("k", 300, "more", false);
  to.erase("k");
  to.put_field("k", "f", "v", true);
  to.erase_field("k", "g");
  to.set_expiry("k", kNow + 9);
  to.rename("k", "{k}2");
  to.erase_session("k");
  to.clear();
  const Slot slot = slot_of("k");
  {
    Store store(1);
    EXPECT_TRUE(apply(store, slot, effects.view(), kNow));
    EXPECT_EQ(store.stats().keys, 0U);
    EXPECT_FALSE(apply(store, static_cast<Slot>(slot + 1), effects.view(), kNow)) << "another slot";
  }
  std::string_view rest = effects.view();
  std::vector<std::size_t> ends = {0};
  EffectView effect;
  while (take_effect(rest, effect)) ends.push_back(effects.size() - rest.size());
  ASSERT_EQ(ends.size(), 10U);
  for (std::size_t size = 0; size < effects.size(); ++size) {
    Store store(1);
    const bool whole = std::find(ends.begin(), ends.end(), size) != ends.end();
    EXPECT_EQ(apply(store, slot, effects.view().substr(0, size), kNow).has_value(), whole) << size;
  }
}

TEST(Change, OfAnyBytesIsReadSafely) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 20'000; ++round) {
    Bytes effects;
    EffectWriter to;
    to.begin(effects);
    to.put_field("k", "field", "value", true);
    to.write_string("j", 10, "bytes", true);
    std::string bytes(effects.view());
    for (int i = 0; i < 3; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
    Store store(1);
    (void)apply(store, slot_of("k"), bytes, kNow);
  }
}

}  // namespace
}  // namespace limpet::store
