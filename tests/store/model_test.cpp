// Random operations by seed on the store and on a plain model of it, in simulated time.
#include "model.hpp"

#include <gtest/gtest.h>

#include <random>

#include "now.hpp"

namespace limpet::store {
namespace {

class Pair {
 public:
  explicit Pair(std::uint64_t seed) : random_(seed), store_(seed * 31 + 7) {
    uids_ = pick({1, 5, 60, 2000});
    keys_of_uid_ = pick({1, 1, 3, 40});
    fields_ = pick({3, 80, 400});
    one_slot_ = below(2) == 0;
    value_max_ = pick({0, 90, 1200, 5000});
  }

  void run(int operations) {
    for (int at = 0; at < operations && !testing::Test::HasFailure(); ++at) step();
    check_all();
  }

  void empty_out() {
    for (const auto& [key, value] : std::map(model_.keys())) {
      EXPECT_EQ(store_.erase(KeyRef::of(key), now_), model_.erase(key, now_));
    }
    finish_reclaim();
    EXPECT_EQ(store_.stats().keys, 0U);
    EXPECT_EQ(store_.stats().sessions, 0U);
    EXPECT_EQ(store_.stats().expiring_keys, 0U);
    EXPECT_EQ(store_.stats().bytes, 0U);
  }

 private:
  std::size_t below(std::size_t end) { return end == 0 ? 0 : random_() % end; }
  std::size_t pick(std::vector<std::size_t> of) { return of[below(of.size())]; }
  std::string bytes(std::size_t size) { return std::string(size, static_cast<char>('a' + below(26))); }
  std::string value() {
    return bytes(below(2) == 0 ? std::min<std::size_t>(value_max_, 64) : below(value_max_ + 1));
  }
  std::string name() {
    const std::size_t n = below(fields_);
    std::string out = "f" + std::to_string(n);
    if (n % 50 == 49) out += std::string(n * 5, 'n');
    return out;
  }
  std::string key() {
    const std::size_t uid = below(uids_);
    // Uids of one slot: all slots of the test fold onto a few by the hash tag alone, so one uid is one slot.
    std::string out = "u" + std::to_string(one_slot_ ? uid % 3 : uid);
    if (keys_of_uid_ == 1) return out;
    out = "{" + out + "}" + std::to_string(below(keys_of_uid_) + (one_slot_ ? uid : 0));
    if (uid % 17 == 16) out = std::string(uid * 20 % 3000, 'k') + out;
    return out;
  }
  std::int64_t expiry() { return now_ + static_cast<std::int64_t>(below(4000)) - 200; }

  void step() {
    now_ += static_cast<std::int64_t>(below(20) == 0 ? below(300) : 0);
    const std::string k = key();
    used_.insert(k);
    switch (below(21)) {
      case 20: {
        const std::string to = key();
        used_.insert(to);
        EXPECT_EQ(store_.rename(KeyRef::of(k), KeyRef::of(to), now_), model_.rename(k, to, now_));
        check(to);
        break;
      }
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        put(k);
        break;
      case 5:
      case 6:
        append(k);
        break;
      case 7:
      case 8:
      case 9:
      case 10:
      case 11:
        put_field(k);
        break;
      case 12:
      case 13: {
        const std::string n = name();
        if (is(k, false)) break;
        EXPECT_EQ(store_.erase_field(KeyRef::of(k), n, now_), model_.erase_field(k, n, now_));
        break;
      }
      case 14:
        EXPECT_EQ(store_.erase(KeyRef::of(k), now_), model_.erase(k, now_));
        break;
      case 15:
      case 16: {
        const std::int64_t at = below(3) == 0 ? kNoExpiry : expiry();
        EXPECT_EQ(store_.set_expiry(KeyRef::of(k), at, now_), model_.set_expiry(k, at, now_));
        break;
      }
      case 17:
        store_.reclaim(now_, below(50));
        break;
      case 18:
        if (below(400) == 0) {
          store_.clear();
          model_.clear();
        }
        break;
      default:
        check(k);
        break;
    }
  }

  // True if the key is there and is (or is not) a hash.
  bool is(const std::string& k, bool hash) {
    const ModelKey* const found = model_.find(k, now_);
    return found != nullptr && found->hash == hash;
  }
  void put(const std::string& k) {
    const Expiry kinds[] = {Expiry::none(), Expiry::keep(), Expiry::at(expiry())};
    const Expiry kind = kinds[below(3)];
    const std::string v = value();
    store_.put_string(KeyRef::of(k), v, kind, now_);
    model_.put_string(k, v, kind, now_);
  }
  void append(const std::string& k) {
    if (is(k, true)) return;
    const ModelKey* const found = model_.find(k, now_);
    const std::size_t size = found == nullptr ? 0 : found->value.size();
    const std::size_t offset = below(3) != 0 ? size : below(size + 100);
    const std::string v = value();
    EXPECT_EQ(store_.write_string(KeyRef::of(k), offset, v, now_), model_.write_string(k, offset, v, now_));
  }
  void put_field(const std::string& k) {
    if (is(k, false)) return;
    const std::string n = name();
    const std::string v = value();
    EXPECT_EQ(store_.put_field(KeyRef::of(k), n, v, now_), model_.put_field(k, n, v, now_));
  }

  void check(const std::string& k) {
    const Item item = store_.find(KeyRef::of(k), now_);
    const ModelKey* const want = model_.find(k, now_);
    ASSERT_EQ(static_cast<bool>(item), want != nullptr) << k;
    if (want != nullptr) check_item(item, k, *want);
  }
  void check_item(const Item& item, const std::string& k, const ModelKey& want) {
    ASSERT_EQ(item.key(), k);
    ASSERT_EQ(item.type(), want.hash ? Type::hash : Type::string);
    ASSERT_EQ(item.expires_unix_ms(), want.expiry);
    if (!want.hash) {
      ASSERT_EQ(item.string(), want.value);
      return;
    }
    ASSERT_EQ(item.fields(), want.fields.size());
    std::map<std::string, std::string> fields;
    item.each_field([&](std::string_view n, std::string_view v) { fields.emplace(n, v); });
    ASSERT_EQ(fields, want.fields);
    for (const auto& [n, v] : want.fields) {
      std::string_view have;
      ASSERT_TRUE(item.field(n, have));
      ASSERT_EQ(have, v);
    }
    std::string_view have = "untouched";
    ASSERT_FALSE(item.field("absent", have));
    ASSERT_EQ(have, "untouched");
  }

  void check_all() {
    finish_reclaim();
    model_.drop_expired(now_);
    for (const std::string& k : used_) check(k);  // and so nothing that has expired is left in the counts
    std::map<std::string, int> seen;
    std::set<Slot> slots;
    for (const auto& [k, want] : model_.keys()) slots.insert(slot_of(k));
    std::uint64_t counted = 0;
    for (const Slot slot : slots) {
      std::uint64_t position = 0;
      do {
        position = store_.scan(slot, position, 1 + below(30), now_,
                               [&](const Item& item) { ++seen[std::string(item.key())]; });
        ASSERT_LT(position, std::uint64_t{1} << kScanPositionBits);
      } while (position != 0);
      counted += store_.keys_in(slot);
    }
    ASSERT_EQ(seen.size(), model_.keys().size());
    for (const auto& [k, times] : seen) {
      ASSERT_EQ(times, 1) << k;
      ASSERT_TRUE(model_.keys().contains(k));
    }
    ASSERT_EQ(counted, model_.keys().size());
    ASSERT_EQ(store_.stats().keys, model_.keys().size());
    ASSERT_EQ(store_.stats().sessions, model_.sessions());
    ASSERT_EQ(store_.stats().expiring_keys, model_.expiring());
  }

  // A full coarse unit later nothing that has expired may be left.
  void finish_reclaim() {
    model_.drop_expired(now_);
    now_ += 1024;
    for (int at = 0; at < 3; ++at) store_.reclaim(now_, 1'000'000);
    EXPECT_LE(store_.stats().keys, model_.keys().size());
  }

  std::mt19937_64 random_;
  Store store_;
  Model model_;
  std::set<std::string> used_;
  std::int64_t now_ = kNow;
  std::size_t uids_, keys_of_uid_, fields_, value_max_;
  bool one_slot_;
};

TEST(StoreModelTest, AgreesWithTheModelOverShortRuns) {
  for (std::uint64_t seed = 1; seed <= 400 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Pair pair(seed);
    pair.run(200);
    pair.empty_out();
  }
}

TEST(StoreModelTest, AgreesWithTheModelOverLongRuns) {
  for (std::uint64_t seed = 1; seed <= 12 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Pair pair(seed);
    pair.run(20'000);
    pair.empty_out();
  }
}

}  // namespace
}  // namespace limpet::store
