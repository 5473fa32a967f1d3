// What the pieces cost that every request passes through: parsing, the slot of a key, placing the slots.
#include <benchmark/benchmark.h>

#include <limpet/base/limits.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/resp/request.hpp>
#include <limpet/ring/ring.hpp>
#include <string>
#include <vector>

namespace limpet {
namespace {

std::string request(const std::vector<std::string>& args) {
  std::string out = "*" + std::to_string(args.size()) + "\r\n";
  for (const std::string& arg : args) out += "$" + std::to_string(arg.size()) + "\r\n" + arg + "\r\n";
  return out;
}

// All requests of `bytes`, again and again.
void parse_all(benchmark::State& state, const std::string& bytes) {
  const resp::RequestLimits limits{kRequestArgsMax, kBulkBytesMax, kRequestBytesMax};
  resp::RequestParser parser;
  resp::Args args;
  std::int64_t requests = 0;
  for (auto _ : state) {
    for (std::string_view left = bytes; !left.empty(); ++requests) {
      left.remove_prefix(parser.next(left, limits, args).consumed);
      benchmark::DoNotOptimize(args.data());
    }
  }
  state.SetItemsProcessed(requests);
}

void parse_get(benchmark::State& state) { parse_all(state, request({"GET", "key:000000000123"})); }
BENCHMARK(parse_get);

void parse_set(benchmark::State& state) {
  parse_all(state, request({"SET", "key:000000000123", std::string(64, 'v'), "EX", "1800"}));
}
BENCHMARK(parse_set);

void parse_line(benchmark::State& state) { parse_all(state, "SET key:000000000123 \"a value\" EX 1800\r\n"); }
BENCHMARK(parse_line);

void parse_large_value(benchmark::State& state) {
  parse_all(state, request({"SET", "key:000000000123", std::string(100'000, 'v')}));
}
BENCHMARK(parse_large_value);

void slot_of_key(benchmark::State& state) {
  const std::string key(static_cast<std::size_t>(state.range(0)), 'k');
  for (auto _ : state) benchmark::DoNotOptimize(slot_of(key));
}
BENCHMARK(slot_of_key)->Arg(8)->Arg(16)->Arg(36)->Arg(250);

void slot_of_tagged_key(benchmark::State& state) {
  const std::string key = "cart:{user-000000000123}:items";
  for (auto _ : state) benchmark::DoNotOptimize(slot_of(key));
}
BENCHMARK(slot_of_tagged_key);

void place_slots(benchmark::State& state) {
  std::vector<ring::Member> members;
  for (int i = 0; i < state.range(0); ++i) members.push_back({"n" + std::to_string(i), 1000, ""});
  for (auto _ : state) benchmark::DoNotOptimize(ring::place(members));
}
BENCHMARK(place_slots)->Arg(3)->Arg(100)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace limpet

BENCHMARK_MAIN();
