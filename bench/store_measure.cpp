// Memory of a session and the longest stops, printed as lines of text.
//
//     store_measure strings|hashes|stops|find [COUNT]
//
// `find` is for callgrind: the difference of two counts, divided by their difference, is the cost of one
// call.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <limpet/store/store.hpp>
#include <string>
#include <string_view>

namespace limpet::store {
namespace {

constexpr std::int64_t kNow = 1'700'000'000'000;

std::string numbered(const char* format, std::uint64_t number) {
  char text[64];
  std::snprintf(text, sizeof text, format, static_cast<unsigned long long>(number));
  return text;
}

std::uint64_t resident_bytes() {
  unsigned long long size = 0;
  unsigned long long resident = 0;
  if (std::FILE* file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%llu %llu", &size, &resident) != 2) resident = 0;
    std::fclose(file);
  }
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

// Time on the processor: what else runs on the machine must not count as a stop of the store.
double cpu_ms() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

// Runs one call and keeps the longest time.
class Longest {
 public:
  template <class Call>
  void time(Call&& call) {
    const double start = cpu_ms();
    call();
    const double took = cpu_ms() - start;
    total_ += took;
    longest_ = std::max(longest_, took);
    ++calls_;
  }
  void print(const char* what) const {
    std::printf("%-44s longest %7.3f ms, mean %8.3f us, %llu calls\n", what, longest_,
                1000 * total_ / static_cast<double>(std::max<std::uint64_t>(calls_, 1)),
                static_cast<unsigned long long>(calls_));
  }

 private:
  double longest_ = 0;
  double total_ = 0;
  std::uint64_t calls_ = 0;
};

void print_memory(const char* what, const Store& store, std::uint64_t count, std::uint64_t before) {
  std::printf("%s: %llu sessions, resident %.1f bytes each, on the account %.1f\n", what,
              static_cast<unsigned long long>(count),
              static_cast<double>(resident_bytes() - before) / static_cast<double>(count),
              static_cast<double>(store.stats().bytes) / static_cast<double>(count));
}

void strings(std::uint64_t count) {
  const std::uint64_t before = resident_bytes();
  Store store{1};
  const std::string value(64, 'v');
  for (std::uint64_t at = 0; at < count; ++at) {
    store.put_string(KeyRef::of(numbered("sess:%08llu", at)), value, Expiry::at(kNow + 1'800'000), kNow);
  }
  print_memory("strings", store, count, before);
}

void hashes(std::uint64_t count) {
  const std::uint64_t before = resident_bytes();
  Store store{1};
  for (std::uint64_t at = 0; at < count; ++at) {
    const std::string name = numbered("sess:%08llu", at);
    const KeyRef key = KeyRef::of(name);
    for (const char* field : {"field1", "field2", "field3", "field4", "field5"}) {
      store.put_field(key, field, "0123456789abcdef", kNow);
    }
    store.set_expiry(key, kNow + 1'800'000, kNow);
  }
  print_memory("hashes", store, count, before);
}

void find(std::uint64_t count) {
  Store store{1};
  for (std::uint64_t at = 0; at < 100'000; ++at) {
    store.put_string(KeyRef::of(numbered("sess:%08llu", at)), "v", Expiry::at(kNow + 1'800'000), kNow);
  }
  const std::string name = "sess:00012345";
  const KeyRef key = KeyRef::of(name);
  std::uint64_t found = 0;
  for (std::uint64_t at = 0; at < count; ++at) found += store.find(key, kNow) ? 1U : 0U;
  std::printf("found %llu\n", static_cast<unsigned long long>(found));
}

void reclaim_all(const char* what, Store& store, std::int64_t now) {
  Longest longest;
  std::uint64_t bytes = 0;
  do {
    bytes = store.stats().bytes;
    longest.time([&] { store.reclaim(now, 20'000); });
  } while (store.stats().bytes != bytes);
  longest.print(what);
}

using KeyOf = std::function<KeyRef(const std::string&)>;

void fill(const char* what, Store& store, std::uint64_t count, const KeyOf& key_of, std::int64_t now) {
  Longest insert;
  for (std::uint64_t at = 0; at < count; ++at) {
    const std::string name = numbered("{u}:%010llu", at);
    const KeyRef key = key_of(name);
    insert.time([&] { store.put_string(key, "value", Expiry::at(now + 1'800'000), now); });
  }
  insert.print(what);
}

void walk(Store& store, Slot slot) {
  Longest scan;
  std::uint64_t position = 0;
  std::uint64_t seen = 0;
  do {
    scan.time([&] { position = store.scan(slot, position, 1000, kNow, [&](const Item&) { ++seen; }); });
  } while (position != 0);
  scan.print("  scan of a slot by 1,000");
}

// The life of many sessions: they come, they all end at once, the memory goes at the pace of ticks, others
// come.
void live(const char* what, Store& store, std::uint64_t count, const KeyOf& key_of) {
  std::printf("%s\n", what);
  fill("  insert", store, count, key_of, kNow);
  walk(store, key_of("{u}:0").slot);
  reclaim_all("  expiry of all, 20,000 steps a call", store, kNow + 1'900'000);
  Longest quiet;
  for (int at = 0; at < 100; ++at) {
    usleep(50'000);
    quiet.time([&] { store.reclaim(kNow + 2'000'000, 20'000); });
  }
  quiet.print("  ticks afterwards");
  fill("  insert again", store, count / 4, key_of, kNow + 2'000'000);
  Longest clear;
  clear.time([&] { store.clear(); });
  clear.print("  clear()");
  reclaim_all("  its memory, 20,000 steps a call", store, kNow + 2'000'000);
}

void huge_hash(Store& store) {
  std::printf("a hash of 1,000,000 fields\n");
  Longest fields;
  for (std::uint64_t at = 0; at < 1'000'000; ++at) {
    const std::string name = numbered("f%llu", at);
    fields.time([&] { store.put_field(KeyRef::of("h"), name, "0123456789abcdef", kNow); });
  }
  fields.print("  put_field");
  Longest erase;
  erase.time([&] { store.erase(KeyRef::of("h"), kNow); });
  erase.print("  erase");
  reclaim_all("  its memory, 20,000 steps a call", store, kNow);
}

// What the machine itself adds: the longest of as many calls that do nothing.
void print_noise(std::uint64_t count) {
  Longest nothing;
  for (std::uint64_t at = 0; at < count; ++at) nothing.time([] {});
  nothing.print("nothing at all, for comparison");
}

void stops(std::uint64_t count) {
  print_noise(count);
  // Kept to the end: a store lives as long as its process, and taking one down at once is no part of its
  // work.
  Store slot{1};
  Store uid{2};
  Store all{3};
  Store hash{4};
  live("all uids in one slot", slot, count, [](const std::string& name) {
    return KeyRef{name, std::string_view(name), 5};
  });
  live("all keys of one uid", uid, count, [](const std::string& name) { return KeyRef::of(name); });
  live("over all slots", all, count, [](const std::string& name) {
    return KeyRef{name, std::string_view(name), slot_of_uid(name)};
  });
  huge_hash(hash);
}

int run(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  const std::uint64_t count = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 0;
  const auto or_else = [&](std::uint64_t other) { return count != 0 ? count : other; };
  if (what == "strings") {
    strings(or_else(2'000'000));
  } else if (what == "hashes") {
    hashes(or_else(1'000'000));
  } else if (what == "stops") {
    stops(or_else(5'000'000));
  } else if (what == "find") {
    find(or_else(1'000'000));
  } else {
    std::fprintf(stderr, "usage: store_measure strings|hashes|stops|find [COUNT]\n");
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace limpet::store

int main(int argc, char** argv) { return limpet::store::run(argc, argv); }
