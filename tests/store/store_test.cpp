#include <gtest/gtest.h>

#include <algorithm>
#include <limpet/base/hash.hpp>
#include <limpet/store/store.hpp>
#include <map>
#include <random>
#include <set>
#include <string>

#include "now.hpp"

namespace limpet::store {
namespace {
class StoreTest : public testing::Test {
 protected:
  void set(std::string_view key, std::string_view value, Expiry expiry = Expiry::none()) {
    store.put_string(KeyRef::of(key), value, expiry, now);
  }
  std::size_t write(std::string_view key, std::size_t offset, std::string_view bytes) {
    return store.write_string(KeyRef::of(key), offset, bytes, now);
  }
  bool set_field(std::string_view key, std::string_view name, std::string_view value) {
    return store.put_field(KeyRef::of(key), name, value, now);
  }
  std::string field(std::string_view key, std::string_view name) {
    std::string_view value = "(none)";
    (void)get(key).field(name, value);
    return std::string(value);
  }
  bool expire(std::string_view key, std::int64_t at) { return store.set_expiry(KeyRef::of(key), at, now); }
  bool del(std::string_view key) { return store.erase(KeyRef::of(key), now); }
  Item get(std::string_view key) { return store.find(KeyRef::of(key), now); }
  void reclaim_all() {
    for (int at = 0; at < 300; ++at) store.reclaim(now, 100'000);
  }
  void expect_empty() {
    reclaim_all();
    EXPECT_EQ(store.stats().sessions, 0U);
    EXPECT_EQ(store.stats().keys, 0U);
    EXPECT_EQ(store.stats().expiring_keys, 0U);
    EXPECT_EQ(store.stats().bytes, 0U);
  }

  static constexpr std::uint64_t kSeed = 7;
  Store store{kSeed};
  std::int64_t now = kNow;
};

// ---- Names ----

TEST_F(StoreTest, ARenamedKeyKeepsValueAndTimeOutWhateverItsForm) {
  const std::string large(5'000, 'x');
  const std::string long_name(900, 'n');
  const std::vector<std::string> names = {"other", "{uid}part", long_name, long_name + long_name};
  for (const std::string& to : names) {
    set("small", "v", Expiry::at(now + 5'000));
    set("large", large);
    set_field("hash", "f", "v");
    for (int i = 0; i < 100; ++i) set_field("table", "f" + std::to_string(i), large.substr(0, 100));
    for (const std::string from : {"small", "large", "hash", "table"}) {
      const Type type = get(from).type();
      const std::int64_t expiry = get(from).expires_unix_ms();
      ASSERT_TRUE(store.rename(KeyRef::of(from), KeyRef::of(to), now));
      EXPECT_FALSE(get(from));
      ASSERT_EQ(get(to).type(), type) << from;
      EXPECT_EQ(get(to).expires_unix_ms(), expiry);
      EXPECT_EQ(store.stats().expiring_keys, expiry == kNoExpiry ? 0U : 1U);
      if (from == "large") {
        EXPECT_EQ(get(to).string(), large);
      }
      if (from == "table") {
        EXPECT_EQ(get(to).fields(), 100U);
      }
    }
    EXPECT_EQ(store.stats().keys, 1U);
    del(to);
    expect_empty();
  }
}

// ---- Who is idle, and who goes ----

TEST_F(StoreTest, AKeyIsIdleSinceItWasLastReadOrWritten) {
  set("k", "v");
  now += 10'000;
  EXPECT_NEAR(static_cast<double>(store.peek(KeyRef::of("k"), now).idle_ms(now)), 10'000, 1'100);
  EXPECT_NEAR(static_cast<double>(store.peek(KeyRef::of("k"), now).idle_ms(now)), 10'000, 1'100) << "a look";
  EXPECT_TRUE(get("k"));
  EXPECT_LT(store.peek(KeyRef::of("k"), now).idle_ms(now), 1'100);
  now += 10'000;
  set("k", "w");
  EXPECT_LT(store.peek(KeyRef::of("k"), now).idle_ms(now), 1'100);
  now += 10'000;
  expire("k", now + 100'000);
  EXPECT_LT(store.peek(KeyRef::of("k"), now).idle_ms(now), 1'100);
}

TEST_F(StoreTest, WhatWasUsedBeforeTheClockWentBackIsNotIdleAndNotTheFirstToGo) {
  constexpr int kSessions = 2'000;
  for (int i = 0; i < kSessions; ++i)
    set("s" + std::to_string(i), std::string(100, 'x'), Expiry::at(now + 100'000'000));
  now += 7'200'000;
  for (int i = 0; i < kSessions; i += 2) get("s" + std::to_string(i));
  now -= 3'600'000;
  EXPECT_EQ(store.peek(KeyRef::of("s0"), now).idle_ms(now), 0);
  EXPECT_TRUE(store.evict(store.stats().bytes * 3 / 4, kSessions, now));
  int used_gone = 0;
  for (int i = 0; i < kSessions; i += 2) used_gone += get("s" + std::to_string(i)) ? 0 : 1;
  EXPECT_LT(used_gone, 100);  // of 500 that go; some, where chance looks at used ones alone
}

TEST_F(StoreTest, EvictionTakesSessionsThatNobodyUsedForLong) {
  constexpr int kSessions = 10'000;
  for (int i = 0; i < kSessions; ++i)
    set("s" + std::to_string(i), std::string(100, 'x'), Expiry::at(now + 1'000'000));
  now += 60'000;
  for (int i = 0; i < kSessions; i += 2) get("s" + std::to_string(i));
  now += 60'000;
  const std::uint64_t before = store.stats().bytes;
  EXPECT_TRUE(store.evict(before * 3 / 4, kSessions, now));
  EXPECT_LE(store.stats().bytes, before * 3 / 4);
  int used_gone = 0;
  for (int i = 0; i < kSessions; i += 2) used_gone += get("s" + std::to_string(i)) ? 0 : 1;
  EXPECT_EQ(store.stats().keys + store.stats().evicted_total, kSessions);
  EXPECT_GT(store.stats().evicted_total, kSessions / 5U);
  EXPECT_LT(used_gone, 50) << "of those used just now";
}

TEST_F(StoreTest, EvictionTakesASessionWholeAndOnlyIfAllItsKeysHaveATimeOut) {
  for (int i = 0; i < 200; ++i) {
    const std::string uid = "{u" + std::to_string(i) + "}";
    set(uid + "a", std::string(200, 'x'), Expiry::at(now + 1'000'000));
    set(uid + "b", std::string(200, 'x'), i % 2 == 0 ? Expiry::none() : Expiry::at(now + 1'000'000));
  }
  EXPECT_FALSE(store.evict(0, 1'000, now)) << "what has no time-out stays";
  EXPECT_EQ(store.stats().sessions, 100U);
  EXPECT_EQ(store.stats().evicted_total, 200U);
  for (int i = 0; i < 200; ++i) {
    const std::string uid = "{u" + std::to_string(i) + "}";
    EXPECT_EQ(static_cast<bool>(get(uid + "a")), i % 2 == 0);
    EXPECT_EQ(static_cast<bool>(get(uid + "b")), i % 2 == 0);
    del(uid + "a");
    del(uid + "b");
  }
  expect_empty();
}

TEST_F(StoreTest, EvictionStopsAtItsBoundOfSessions) {
  for (int i = 0; i < 100; ++i) set("s" + std::to_string(i), "x", Expiry::at(now + 1'000'000));
  EXPECT_FALSE(store.evict(0, 3, now));
  EXPECT_EQ(store.stats().keys, 97U);
}

TEST_F(StoreTest, AWalkOverFieldsSeesEachThatIsThereThroughout) {
  for (int i = 0; i < 3'000; ++i) set_field("h", "f" + std::to_string(i), std::to_string(i));
  std::set<std::string> seen;
  std::uint64_t position = 0;
  int calls = 0;
  do {
    position = get("h").scan_fields(position, 10, [&](std::string_view name, std::string_view value) {
      if (name.front() == 'f') {
        EXPECT_EQ(name.substr(1), value);
      }
      seen.insert(std::string(name));
    });
    ++calls;
    // The hash grows and shrinks meanwhile.
    set_field("h", "new" + std::to_string(calls), "x");
  } while (position != 0 && calls < 1'000);
  EXPECT_GT(calls, 10);
  for (int i = 0; i < 3'000; ++i) EXPECT_TRUE(seen.contains("f" + std::to_string(i)));
}

TEST_F(StoreTest, WhatAKeyTakesIsWhatTheAccountSays) {
  for (const std::size_t size : {0U, 50U, 900U, 100'000U}) {
    const std::uint64_t before = store.stats().bytes;
    set("k", std::string(size, 'x'));
    const std::uint64_t after = store.stats().bytes;
    const std::size_t bytes = get("k").bytes();
    EXPECT_LE(bytes, after - before);
    EXPECT_GE(bytes + 200, after - before) << "but for the table";
    del("k");
    reclaim_all();
  }
}

// ---- Time-outs ----

TEST_F(StoreTest, ATimeOutEndsAKeyAtItsVeryMillisecond) {
  set("a", "1", Expiry::at(kNow + 1000));
  now = kNow + 999;
  EXPECT_TRUE(get("a"));
  now = kNow + 1000;
  EXPECT_FALSE(get("a"));
  EXPECT_EQ(store.stats().expired_total, 1U);
  EXPECT_EQ(store.stats().bytes, 0U);  // the reader took it out
}

TEST_F(StoreTest, AnExpiredKeyIsAbsentToEveryWrite) {
  for (const char* key : {"a", "b", "c", "d", "e", "f"}) set(key, "old", Expiry::at(kNow + 10));
  now = kNow + 10;
  EXPECT_FALSE(del("a"));
  EXPECT_FALSE(expire("b", kNow + 99));
  EXPECT_EQ(write("c", 0, "new"), 3U);
  EXPECT_TRUE(set_field("d", "f", "v"));
  EXPECT_FALSE(store.erase_field(KeyRef::of("e"), "f", now));
  set("f", "new", Expiry::keep());
  EXPECT_EQ(get("f").expires_unix_ms(), kNoExpiry);
  EXPECT_EQ(store.stats().expired_total, 6U);
  EXPECT_EQ(store.stats().keys, 3U);
  EXPECT_EQ(store.stats().expiring_keys, 0U);
}

TEST_F(StoreTest, ATimeOutThatHasPassedDeletes) {
  set("a", "1");
  set("a", "2", Expiry::at(now));
  EXPECT_FALSE(get("a"));
  set("a", "1");
  EXPECT_TRUE(expire("a", now - 5));
  EXPECT_FALSE(get("a"));
  expect_empty();
}

TEST_F(StoreTest, KeepKeepsAndNoneRemovesTheTimeOut) {
  set("a", "1", Expiry::at(now + 500));
  set("a", "22", Expiry::keep());
  EXPECT_EQ(get("a").expires_unix_ms(), now + 500);
  write("a", 2, "tail");
  EXPECT_EQ(get("a").expires_unix_ms(), now + 500);
  set("a", "333");
  EXPECT_EQ(get("a").expires_unix_ms(), kNoExpiry);
  EXPECT_EQ(store.stats().expiring_keys, 0U);
}

TEST_F(StoreTest, ATimeOutMayBeAnyInstant) {
  for (const std::int64_t at :
       {now + 1, std::int64_t{1} << 47, (std::int64_t{1} << 48) - 1, std::int64_t{1} << 48, INT64_MAX}) {
    set("a", "value");
    EXPECT_TRUE(expire("a", at));
    EXPECT_EQ(get("a").expires_unix_ms(), at);
    EXPECT_EQ(get("a").string(), "value");
    reclaim_all();
    EXPECT_TRUE(get("a"));
    set("b", "value", Expiry::at(at));
    EXPECT_EQ(get("b").expires_unix_ms(), at);
  }
}

// As many keys as the sweep of a second can look at among its own, with time-outs all over a minute.
TEST_F(StoreTest, ExpiredKeysGoWithinAboutASecondOfTicks) {
  std::mt19937_64 random(3);
  std::multiset<std::int64_t> due;
  for (int at = 0; at < 100'000; ++at) {
    const std::int64_t when = now + 1 + static_cast<std::int64_t>(random() % 20'000);
    due.insert(when);
    set("{u" + std::to_string(at / 2) + "}" + std::to_string(at), "value", Expiry::at(when));
  }
  while (!due.empty()) {
    now += 50;
    store.reclaim(now, 20'000);
    due.erase(due.begin(), due.upper_bound(now - 1100));
    ASSERT_LE(store.stats().keys, due.size()) << "at +" << now - kNow;
  }
  expect_empty();
}

// The due bits of a word go round after nine hours; that must neither end a key early nor lose it.
TEST_F(StoreTest, FarTimeOutsSurviveTheCycleOfTheDueBits) {
  constexpr std::int64_t kHour = 3'600'000;
  const std::int64_t hours[] = {1, 9, 10, 18, 19, 28, 100, 2400};
  for (const std::int64_t h : hours) set("k" + std::to_string(h), "v", Expiry::at(kNow + h * kHour));
  set("near", "v", Expiry::at(kNow + 10));
  for (std::int64_t h = 0; h <= 2401; ++h) {
    now = kNow + h * kHour + 2000;
    store.reclaim(now, 20'000);
    const auto left = std::count_if(std::begin(hours), std::end(hours), [&](auto at) { return at > h; });
    ASSERT_EQ(store.stats().keys, static_cast<std::uint64_t>(left)) << h;
  }
  expect_empty();
}

TEST_F(StoreTest, AClockThatJumpsLosesNothing) {
  set("a", "v", Expiry::at(kNow + 100'000));
  now = kNow - 1'000'000'000;
  store.reclaim(now, 1000);
  set("b", "v", Expiry::at(now + 100));
  now = kNow + 99'999;
  store.reclaim(now, 1000);
  EXPECT_EQ(store.stats().keys, 1U);
  now = kNow + 1'000'000'000'000;
  store.reclaim(now, 1000);
  expect_empty();
}

TEST_F(StoreTest, AMillionStepsOfExpiryAreTakenInPieces) {
  for (int at = 0; at < 100'000; ++at) set("k" + std::to_string(at), "v", Expiry::at(now + 1));
  now += 5000;
  std::uint64_t before = store.stats().keys;
  while (before > 0) {
    const std::size_t gone = store.reclaim(now, 1000);
    ASSERT_GT(gone, 0U);
    ASSERT_LE(gone, 1200U);
    ASSERT_EQ(store.stats().keys, before - gone);
    before -= gone;
  }
  EXPECT_EQ(store.stats().expired_total, 100'000U);
  expect_empty();
}

// ---- Strings ----

TEST_F(StoreTest, AStringOfAboutTheSameSizeIsOverwrittenInPlace) {
  for (const std::size_t size : {64U, 900U, 5000U}) {
    set("a", std::string(size, 'x'), Expiry::at(now + 1000));
    const char* const where = get("a").string().data();
    set("a", std::string(size, 'y'), Expiry::at(now + 2000));
    set("a", std::string(size - 1, 'z'), Expiry::at(now + 3000));
    EXPECT_EQ(get("a").string().data(), where);
    EXPECT_EQ(get("a").string(), std::string(size - 1, 'z'));
    EXPECT_EQ(get("a").expires_unix_ms(), now + 3000);
  }
}

TEST_F(StoreTest, EverySizeHoldsWhatItWasGiven) {
  std::mt19937_64 random(5);
  for (const std::size_t key_size : {1U, 13U, 254U, 255U, 256U, 257U, 990U, 1010U, 1024U, 5000U}) {
    const std::string key(key_size, 'k');
    const std::string wide_key = "{u}" + key;
    for (std::size_t size = 0; size < 1100; size += 1 + random() % 9) {
      for (const std::string& k : {key, wide_key}) {
        const std::string value(size, static_cast<char>('a' + size % 26));
        set(k, value, random() % 2 == 0 ? Expiry::none() : Expiry::at(now + 1000));
        ASSERT_EQ(get(k).string(), value);
        ASSERT_TRUE(expire(k, random() % 2 == 0 ? kNoExpiry : now + 2000));
        ASSERT_EQ(get(k).string(), value);
        ASSERT_EQ(get(k).key(), k);
        ASSERT_EQ(write(k, size, "++"), size + 2);
        ASSERT_EQ(get(k).string(), value + "++");
      }
    }
    EXPECT_TRUE(del(key));
    EXPECT_TRUE(del(wide_key));
  }
  expect_empty();
}

TEST_F(StoreTest, AGapIsFilledWithZeros) {
  EXPECT_EQ(write("a", 3, "x"), 4U);
  EXPECT_EQ(get("a").string(), std::string("\0\0\0x", 4));
  EXPECT_EQ(write("a", 1, "yy"), 4U);
  EXPECT_EQ(get("a").string(), std::string("\0yyx", 4));
  EXPECT_EQ(write("a", 5000, "end"), 5003U);
  EXPECT_EQ(get("a").string(), std::string("\0yyx", 4) + std::string(4996, '\0') + "end");
  set("a", std::string(6000, 'f'));  // what stood there must not shine through
  set("a", "f");
  EXPECT_EQ(write("a", 3, "g"), 4U);
  EXPECT_EQ(get("a").string(), std::string("f\0\0g", 4));
}

TEST_F(StoreTest, AppendingMovesALongStringSeldom) {
  std::set<const char*> places;
  std::string want;
  for (int at = 0; at < 100'000; ++at) {
    want += "0123456789";
    write("a", want.size() - 10, "0123456789");
    places.insert(get("a").string().data());
  }
  EXPECT_EQ(get("a").string(), want);
  EXPECT_LT(places.size(), 300U);
}

TEST_F(StoreTest, AValueMayBeAViewOfTheStore) {
  for (const std::size_t size : {0U, 10U, 700U, 3000U}) {
    set("a", std::string(size, 'v') + "!");
    set("b", get("a").string());
    EXPECT_EQ(get("b").string(), get("a").string());
    set("a", get("a").string().substr(size / 2), Expiry::at(now + 9));
    EXPECT_EQ(get("a").string(), std::string(size - size / 2, 'v') + "!");
    const std::string_view own = get("a").key();
    store.put_string(KeyRef::of(own), get("a").string(), Expiry::none(), now + 20);  // it has expired by then
    EXPECT_EQ(get("a").string(), std::string(size - size / 2, 'v') + "!");
    EXPECT_TRUE(del(get("a").key()));
    EXPECT_TRUE(del(get("b").key()));
  }
  set_field("h", "f", "value");
  std::string_view value;
  EXPECT_TRUE(get("h").field("f", value));
  set("h", value);
  EXPECT_EQ(get("h").string(), "value");
}

// ---- Hashes ----

TEST_F(StoreTest, AHashChangesItsFormWithoutLosingAField) {
  std::map<std::string, std::string> want;
  for (int at = 0; at < 200; ++at) {
    const std::string name = "name" + std::to_string(at);
    ASSERT_TRUE(set_field("h", name, std::to_string(at)));
    want[name] = std::to_string(at);
    ASSERT_EQ(get("h").fields(), want.size());
    ASSERT_FALSE(set_field("h", "name0", std::string(static_cast<std::size_t>(at), 'x')));
    want["name0"] = std::string(static_cast<std::size_t>(at), 'x');
    ASSERT_TRUE(expire("h", at % 2 == 0 ? kNoExpiry : now + 1000));
    for (const auto& [n, v] : want) ASSERT_EQ(field("h", n), v);
  }
  for (const auto& [n, v] : std::map(want)) ASSERT_TRUE(store.erase_field(KeyRef::of("h"), n, now));
  EXPECT_FALSE(get("h"));  // it goes with its last field
  expect_empty();
}

TEST_F(StoreTest, FieldsOfEverySizeHoldWhatTheyWereGiven) {
  for (const std::size_t size : {0U, 1U, 126U, 127U, 128U, 129U, 480U, 990U, 1000U, 1024U, 40'000U}) {
    const std::string long_name(size, 'n');
    EXPECT_TRUE(set_field("h", long_name, "v"));
    EXPECT_TRUE(set_field("h", "short", std::string(size, 'v')));
    EXPECT_EQ(field("h", long_name), "v");
    EXPECT_EQ(field("h", "short"), std::string(size, 'v'));
    EXPECT_TRUE(store.erase_field(KeyRef::of("h"), long_name, now));
    EXPECT_FALSE(store.erase_field(KeyRef::of("h"), long_name, now));
    EXPECT_TRUE(store.erase_field(KeyRef::of("h"), "short", now));
    EXPECT_FALSE(get("h"));
    const std::string long_key(size + 1, 'k');
    EXPECT_TRUE(set_field(long_key, "f", "v"));
    EXPECT_EQ(field(long_key, "f"), "v");
    EXPECT_TRUE(del(long_key));
  }
  expect_empty();
}

TEST_F(StoreTest, AHugeHashIsErasedAtOnceAndFreedInPieces) {
  for (int at = 0; at < 300'000; ++at) set_field("h", "f" + std::to_string(at), "0123456789abcdef");
  EXPECT_EQ(get("h").fields(), 300'000U);
  EXPECT_EQ(field("h", "f299999"), "0123456789abcdef");
  std::size_t seen = 0;
  get("h").each_field([&](std::string_view, std::string_view) { ++seen; });
  EXPECT_EQ(seen, 300'000U);
  const std::uint64_t bytes = store.stats().bytes;
  EXPECT_TRUE(del("h"));
  EXPECT_EQ(store.stats().keys, 0U);
  EXPECT_GT(store.stats().bytes, bytes * 9 / 10);
  store.reclaim(now, 1000);
  EXPECT_GT(store.stats().bytes, bytes * 8 / 10);
  EXPECT_LT(store.stats().bytes, bytes);
  expect_empty();
}

// ---- Sessions, slots, walks ----

TEST_F(StoreTest, ASessionIsCountedOnceWhateverItsKeys) {
  set("{u}a", "1");
  set("{u}b", "2", Expiry::at(now + 10));
  set("u", "3");  // the same uid, and so the same session
  set("v", "4");
  EXPECT_EQ(store.stats().sessions, 2U);
  EXPECT_EQ(store.stats().keys, 4U);
  EXPECT_EQ(store.keys_in(slot_of("u")), 3U);
  EXPECT_TRUE(del("u"));
  EXPECT_TRUE(del("{u}a"));
  EXPECT_EQ(store.stats().sessions, 2U);
  now += 2000;
  store.reclaim(now, 1000);
  EXPECT_EQ(store.stats().sessions, 1U);
  EXPECT_EQ(store.stats().keys, 1U);
}

// Keys of one slot, of one uid or of one each, in a chosen slot.
class SlotTest : public StoreTest, public testing::WithParamInterface<bool> {
 protected:
  static constexpr Slot kSlot = 77;
  KeyRef ref(const std::string& key) const {
    return {key, GetParam() ? std::string_view(key).substr(0, 1) : std::string_view(key), kSlot};
  }
  static std::string name(int number) { return "s" + std::to_string(number); }
  void add(int from, int to, Expiry expiry = Expiry::none()) {
    for (int at = from; at < to; ++at) {
      const std::string key = name(at);
      store.put_string(ref(key), key, expiry, now);
    }
  }
  void remove(int from, int to) {
    for (int at = from; at < to; ++at) {
      const std::string key = name(at);
      ASSERT_TRUE(store.erase(ref(key), now)) << key;
    }
  }
  // One step of a walk; what it saw is counted.
  std::uint64_t step(std::uint64_t position, std::size_t count) {
    std::size_t visited = 0;
    const std::uint64_t next = store.scan(kSlot, position, count, now, [&](const Item& item) {
      ++seen[std::string(item.key())];
      ++visited;
    });
    longest = std::max(longest, visited);
    EXPECT_LT(next, std::uint64_t{1} << kScanPositionBits);
    return next;
  }

  std::map<std::string, int> seen;
  std::size_t longest = 0;
};
INSTANTIATE_TEST_SUITE_P(UidsOrKeys, SlotTest, testing::Bool());

TEST_P(SlotTest, AHugeSlotIsWalkedOnceInSmallSteps) {
  add(0, 100'000, Expiry::at(now + 5));
  for (int at = 0; at < 100'000; at += 7) {
    const std::string key = name(at);
    ASSERT_EQ(store.find(ref(key), now).string(), key);
  }
  for (std::uint64_t at = step(0, 50); at != 0;) at = step(at, 50);
  EXPECT_EQ(seen.size(), 100'000U);
  for (const auto& [key, times] : seen) ASSERT_EQ(times, 1);
  EXPECT_LE(longest, 150U);
  EXPECT_EQ(store.keys_in(kSlot), 100'000U);
  now += 2000;
  expect_empty();
}

// So many uids whose hashes begin alike that the table is deeper there than a walk tells sessions apart.
TEST_P(SlotTest, AWalkSeesEachOnceWhereTheTableIsDeep) {
  if (GetParam()) GTEST_SKIP() << "one session has one hash";
  std::vector<std::string> keys;
  for (int at = 0; keys.size() < 4'000; ++at) {
    if (hash64(name(at), kSeed) >> 54 == 0x155) keys.push_back(name(at));
  }
  for (const std::string& key : keys) store.put_string(ref(key), key, Expiry::none(), now);
  int calls = 1;
  for (std::uint64_t at = step(0, 10); at != 0; at = step(at, 10)) ++calls;
  EXPECT_GT(calls, 5);
  EXPECT_EQ(seen.size(), keys.size());
  for (const auto& [key, times] : seen) ASSERT_EQ(times, 1);
}

TEST_P(SlotTest, AWalkSeesWhatWasThereThroughoutWhileTheSlotGrows) {
  add(0, 100);
  int have = 100;
  for (std::uint64_t at = step(0, 1); at != 0;) {
    if (have < 60'000) add(have, have + 600);
    have = std::min(have + 600, 60'000);
    at = step(at, 40);
  }
  for (int at = 0; at < 100; ++at) ASSERT_TRUE(seen.contains(name(at))) << at;
}

TEST_P(SlotTest, AWalkSeesWhatWasThereThroughoutWhileTheSlotShrinks) {
  add(0, 30'000);
  int gone = 50;
  for (std::uint64_t at = step(0, 10); at != 0;) {
    if (gone < 30'000) remove(gone, std::min(gone + 400, 30'000));
    gone = std::min(gone + 400, 30'000);
    at = step(at, 10);
  }
  for (int at = 0; at < 50; ++at) ASSERT_TRUE(seen.contains(name(at))) << at;
  remove(gone, 30'000);
  remove(0, 50);
  expect_empty();
}

TEST_P(SlotTest, ExpiredKeysArePassedOver) {
  add(0, 1000, Expiry::at(now + 5));
  add(1000, 1010);
  now += 5;
  for (std::uint64_t at = step(0, 50); at != 0;) at = step(at, 50);
  EXPECT_EQ(seen.size(), 10U);
}

TEST_P(SlotTest, ASweepStopsAndGoesOnAnywhere) {
  add(0, 20'000, Expiry::at(now + 5));
  add(20'000, 20'100, Expiry::at(now + 50'000));
  now += 3000;
  int calls = 0;
  while (store.stats().keys > 100) {
    ASSERT_GT(store.reclaim(now, 300) + store.reclaim(now, 300), 0U);
    ASSERT_LT(++calls, 200);
  }
  reclaim_all();
  EXPECT_EQ(store.stats().keys, 100U);
  now += 50'000;
  expect_empty();
}

TEST_P(SlotTest, ClearReturnsAtOnceAndTheMemoryFollows) {
  add(0, 50'000, Expiry::at(now + 1000));
  const std::uint64_t bytes = store.stats().bytes;
  store.clear();
  EXPECT_EQ(store.stats().keys, 0U);
  EXPECT_EQ(store.stats().sessions, 0U);
  EXPECT_EQ(store.keys_in(kSlot), 0U);
  EXPECT_EQ(store.stats().bytes, bytes);
  EXPECT_EQ(step(0, 10), 0U);
  add(0, 10);  // the store goes on at once
  EXPECT_EQ(store.reclaim(now, 1000), 0U);
  reclaim_all();
  EXPECT_EQ(store.stats().keys, 10U);
  remove(0, 10);
  expect_empty();
}

}  // namespace
}  // namespace limpet::store
