// What one call of the store costs, on a table that the caches hold and on one that they do not.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdio>
#include <limpet/store/store.hpp>
#include <string>
#include <vector>

namespace limpet::store {
namespace {

constexpr std::int64_t kNow = 1'700'000'000'000;
constexpr std::int64_t kHalfHour = 1'800'000;

std::string name_of_session(std::uint64_t number) {
  char text[32];
  std::snprintf(text, sizeof text, "sess:%08llu", static_cast<unsigned long long>(number));
  return text;
}

// A store of sessions, and their keys in an order that jumps about.
struct Sessions {
  explicit Sessions(std::uint64_t count) {
    const std::string value(64, 'v');
    for (std::uint64_t at = 0; at < count; ++at) {
      names.push_back(name_of_session(at * 7919 % count));
      store.put_string(KeyRef::of(names.back()), value, Expiry::at(kNow + kHalfHour), kNow);
    }
    for (const std::string& name : names) keys.push_back(KeyRef::of(name));
  }
  [[nodiscard]] const KeyRef& next() {
    next_ = next_ + 1 < keys.size() ? next_ + 1 : 0;
    return keys[next_];
  }

  Store store{1};
  std::vector<std::string> names;
  std::vector<KeyRef> keys;
  std::size_t next_ = 0;
};

Sessions& sessions(std::int64_t count) {
  static Sessions small(10'000);
  static Sessions large(2'000'000);
  return count == 10'000 ? small : large;
}

void find(benchmark::State& state) {
  Sessions& on = sessions(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(on.store.find(on.next(), kNow));
}
BENCHMARK(find)->Arg(10'000)->Arg(2'000'000);

void find_absent(benchmark::State& state) {
  Sessions& on = sessions(state.range(0));
  for (auto _ : state) {
    KeyRef key = on.next();
    key.key = key.uid = key.key.substr(1);  // the same slot, another uid
    benchmark::DoNotOptimize(on.store.find(key, kNow));
  }
}
BENCHMARK(find_absent)->Arg(10'000)->Arg(2'000'000);

void overwrite(benchmark::State& state) {
  Sessions& on = sessions(state.range(0));
  const std::string value(64, 'w');
  for (auto _ : state) on.store.put_string(on.next(), value, Expiry::at(kNow + kHalfHour), kNow);
}
BENCHMARK(overwrite)->Arg(10'000)->Arg(2'000'000);

void set_expiry(benchmark::State& state) {
  Sessions& on = sessions(state.range(0));
  std::int64_t expires = kNow + kHalfHour;
  for (auto _ : state) benchmark::DoNotOptimize(on.store.set_expiry(on.next(), ++expires, kNow));
}
BENCHMARK(set_expiry)->Arg(10'000)->Arg(2'000'000);

// Sixteen at a time, as a pipeline is read.
void find_ahead(benchmark::State& state) {
  Sessions on(static_cast<std::uint64_t>(state.range(0)));
  std::array<KeyRef, kLookAheadMax> keys;
  std::array<KeyRef*, kLookAheadMax> all;
  for (auto _ : state) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      keys[i] = on.next();
      all[i] = &keys[i];
    }
    on.store.look_ahead(all);
    for (const KeyRef& key : keys) benchmark::DoNotOptimize(on.store.find(key, kNow));
  }
  state.SetItemsProcessed(state.iterations() * std::int64_t{kLookAheadMax});
}
BENCHMARK(find_ahead)->Arg(10'000)->Arg(2'000'000);

void insert_and_erase(benchmark::State& state) {
  Sessions& on = sessions(state.range(0));
  const std::string value(64, 'w');
  for (auto _ : state) {
    KeyRef key = on.next();
    key.key = key.uid = key.key.substr(2);
    on.store.put_string(key, value, Expiry::none(), kNow);
    benchmark::DoNotOptimize(on.store.erase(key, kNow));
  }
}
BENCHMARK(insert_and_erase)->Arg(10'000)->Arg(2'000'000);

void put_field(benchmark::State& state) {
  Store store{1};
  const KeyRef key = KeyRef::of("sess:00000001");
  std::vector<std::string> names;
  for (std::int64_t at = 0; at < state.range(0); ++at) {
    names.push_back("f" + std::to_string(at));
    store.put_field(key, names.back(), "0123456789abcdef", kNow);
  }
  std::size_t at = 0;
  for (auto _ : state) {
    at = at + 1 < names.size() ? at + 1 : 0;
    benchmark::DoNotOptimize(store.put_field(key, names[at], "fedcba9876543210", kNow));
  }
}
BENCHMARK(put_field)->Arg(5)->Arg(1000);

}  // namespace
}  // namespace limpet::store

BENCHMARK_MAIN();
