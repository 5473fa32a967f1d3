// Changes hold all that happened: whoever applies them has the same sessions.
#include <gtest/gtest.h>

#include <limpet/base/hash.hpp>
#include <limpet/store/store.hpp>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace limpet::store {
namespace {

constexpr std::int64_t kNow = 1'700'000'000'000;

// Collects effects by slot, as they come.
class Log final : public ChangeSink {
 public:
  Bytes& change_of(Slot slot) override {
    effects_.emplace_back(slot, Bytes());
    return effects_.back().second;
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
    for (std::size_t i = from; i < effects_.size(); ++i) {
      const auto done = apply(store, effects_[i].first, effects_[i].second.view(), unix_ms);
      ASSERT_TRUE(done) << done.error().text;
    }
  }

 private:
  std::vector<std::pair<Slot, Bytes>> effects_;
};

// What a store holds, in short.
std::map<std::string, std::string> contents(Store& store, std::int64_t unix_ms) {
  std::map<std::string, std::string> all;
  for (unsigned slot = 0; slot < kSlots; ++slot) {
    std::uint64_t position = 0;
    do {
      position = store.scan(static_cast<Slot>(slot), position, 100, unix_ms, [&](const Item& item) {
        std::string text = std::to_string(item.expires_unix_ms()) + ":";
        if (item.type() == Type::string) {
          text += std::to_string(hash64(item.string()));
        } else {
          std::map<std::string, std::string> fields;
          item.each_field([&](auto name, auto value) { fields.emplace(name, value); });
          std::string joined;
          for (const auto& [name, value] : fields) joined += "|" + name + "=" + value;
          text += std::to_string(fields.size()) + " fields " + std::to_string(hash64(joined));
        }
        all[std::string(item.key())] = text;
      });
    } while (position != 0);
  }
  return all;
}

// Random operations on a store whose changes are logged.
class Changes : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  Changes() : random_(GetParam()), store_(GetParam()) { store_.set_sink(&log_); }

  std::size_t below(std::size_t end) { return random_() % end; }
  std::string key() { return "{u" + std::to_string(below(uids_)) + "}" + std::to_string(below(3)); }
  std::string text(std::size_t max) { return std::string(below(max), static_cast<char>('a' + below(26))); }
  std::int64_t expiry() { return now_ + static_cast<std::int64_t>(below(4'000)) - 200; }

  void step() {
    now_ += static_cast<std::int64_t>(below(10) == 0 ? below(300) : 0);
    const std::string k = key();
    const KeyRef at = KeyRef::of(k);
    const Type type = store_.find(at, now_).type();
    switch (below(16)) {
      case 0:
      case 1: {
        const Expiry kinds[] = {Expiry::none(), Expiry::keep(), Expiry::at(expiry())};
        store_.put_string(at, text(3'000), kinds[below(3)], now_);
        return;
      }
      case 2:
      case 3:
        if (type != Type::hash) store_.write_string(at, below(200), text(100), now_);
        return;
      case 4:
      case 5:
      case 6:
      case 7:
        if (type != Type::string) store_.put_field(at, "f" + std::to_string(below(150)), text(60), now_);
        return;
      case 8:
      case 9:
        if (type != Type::string) store_.erase_field(at, "f" + std::to_string(below(150)), now_);
        return;
      case 10:
        store_.erase(at, now_);
        return;
      case 11:
        store_.set_expiry(at, below(3) == 0 ? kNoExpiry : expiry(), now_);
        return;
      case 12: {
        const std::string to = "{" + std::string(at.uid) + "}" + std::to_string(below(4));
        store_.rename(at, KeyRef::of(to), now_);
        return;
      }
      case 13:
        store_.reclaim(now_, 30);
        return;
      case 14:
        if (below(20) == 0) store_.erase_session(at.slot, at.uid);
        if (below(20) == 0) store_.evict(store_.stats().bytes * 9 / 10, 3, now_);
        return;
      default:
        if (below(60) == 0) store_.clear(at.slot);
        if (below(900) == 0) store_.clear();
        return;
    }
  }
  void steps(int count) {
    for (int i = 0; i < count; ++i) step();
  }

  std::mt19937_64 random_;
  std::size_t uids_ = 12;
  std::int64_t now_ = kNow;
  Store store_;
  Log log_;
};

TEST_P(Changes, AppliedToNothingTheyMakeTheSameStore) {
  steps(4'000);
  Store copy(99);
  log_.replay(copy, 0, now_);
  EXPECT_EQ(contents(copy, now_), contents(store_, now_));
  // What had expired goes from the copy as well, and then the counts agree too.
  for (Store* store : {&store_, &copy}) {
    for (int i = 0; i < 3; ++i) store->reclaim(now_ + 10'000, 10'000'000);
  }
  EXPECT_EQ(copy.stats().keys, store_.stats().keys);
  EXPECT_EQ(copy.stats().sessions, store_.stats().sessions);
  EXPECT_EQ(copy.stats().expiring_keys, store_.stats().expiring_keys);
}

TEST_P(Changes, ATimeOutThatPassedInTheMeantimeChangesNothingOfTheRest) {
  steps(3'000);
  const auto before = contents(store_, now_);
  Store copy(99);
  log_.replay(copy, 0, now_ + 3'600'000);
  EXPECT_EQ(contents(copy, now_), before) << "the clock at the replay decides nothing";
  auto lasting = before;
  std::erase_if(lasting, [](const auto& each) { return !each.second.starts_with("0:"); });
  EXPECT_EQ(contents(copy, now_ + 3'600'000), lasting);
}

// A slot is copied a piece at a time while it changes; the changes since the copy began bring it up to date.
TEST_P(Changes, SinceACopyBeganTheyBringItUpToDate) {
  steps(1'000);
  Store copy(99);
  const std::size_t from = log_.size();
  store_.copying(true);
  for (unsigned uid = 0; uid < uids_; ++uid) {
    const Slot slot = slot_of_uid("u" + std::to_string(uid));
    std::uint64_t position = 0;
    do {
      std::vector<std::pair<std::string, Bytes>> items;
      position = store_.scan(slot, position, 1, now_, [&](const Item& item) {
        append_item(items.emplace_back(std::string(item.key()), Bytes()).second, item.key(), item);
      });
      for (auto& [name, effects] : items) {
        copy.erase(KeyRef::of(name), kBeforeAnyExpiry);
        ASSERT_TRUE(apply(copy, slot, effects.view(), now_));
      }
      steps(static_cast<int>(below(20)));
    } while (position != 0);
  }
  store_.copying(false);
  steps(200);
  log_.replay(copy, from, now_);
  EXPECT_EQ(contents(copy, now_), contents(store_, now_));
}

INSTANTIATE_TEST_SUITE_P(Seeds, Changes, ::testing::Range<std::uint64_t>(1, 41));

TEST(Change, OfAnotherSlotOrCutIsRefused) {
  Bytes effects;
  append_put_string(effects, "k", "value", kNow + 5);
  append_write_string(effects, "k", 300, "more", false);
  append_erase(effects, "k");
  append_put_field(effects, "k", "f", "v", true);
  append_erase_field(effects, "k", "g");
  append_set_expiry(effects, "k", kNow + 9);
  append_rename(effects, "k", "{k}2");
  append_erase_session(effects, "k");
  append_clear(effects);
  const Slot slot = slot_of("k");
  {
    Store store(1);
    EXPECT_TRUE(apply(store, slot, effects.view(), kNow));
    EXPECT_EQ(store.stats().keys, 0U);
    EXPECT_FALSE(apply(store, static_cast<Slot>(slot + 1), effects.view(), kNow)) << "another slot";
  }
  std::string_view rest = effects.view();
  std::vector<std::size_t> ends = {0};
  for (EffectView effect; take_effect(rest, effect);) ends.push_back(effects.size() - rest.size());
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
    append_put_field(effects, "k", "field", "value", true);
    append_write_string(effects, "j", 10, "bytes", true);
    std::string bytes(effects.view());
    for (int i = 0; i < 3; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
    Store store(1);
    (void)apply(store, slot_of("k"), bytes, kNow);
  }
}

}  // namespace
}  // namespace limpet::store
