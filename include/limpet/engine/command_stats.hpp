// CommandStats: how often each command was executed, refused and answered with an error, and how long that
// took.
//
// Owned by the engine. The clock is not read for every command: one in kSampleEvery is timed, and counts for
// all of them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limpet/command/command.hpp>
#include <vector>

namespace limpet::engine {

struct CommandCount {
  std::uint64_t calls = 0;     // executed here
  std::uint64_t usec = 0;      // estimated from samples: the clock is not read for every command
  std::uint64_t rejected = 0;  // refused before execution: arity, authentication
  std::uint64_t failed = 0;    // executed, answered with an error
};

// How long commands took, as samples tell: each counts for all those of which it is one.
struct Latencies {
  // In nanoseconds; what took longer than the last is counted behind it.
  static constexpr std::array<std::uint64_t, 15> kUpTo = {
      1'000,   2'000,     5'000,     10'000,    20'000,     50'000,     100'000,    200'000,
      500'000, 1'000'000, 2'000'000, 5'000'000, 10'000'000, 50'000'000, 250'000'000};
  std::array<std::uint64_t, kUpTo.size() + 1> counts{};
  std::uint64_t total_ns = 0;

  void note(std::uint64_t ns, std::uint64_t commands);
  void add(const Latencies& other);
};

class CommandStats {
 public:
  CommandStats() : counts_(command::all().size()) {}

  // ---- What happens ----
  void called(const command::Spec& spec) { ++count_of(spec).calls; }
  void rejected(const command::Spec& spec) { ++count_of(spec).rejected; }
  void failed(const command::Spec& spec) {
    ++count_of(spec).failed;
    ++errors_;
  }
  // An error was answered before the command was executed, or in its stead.
  void refused(const command::Spec& spec) {
    rejected(spec);
    ++errors_;
  }
  // Is the next command the one that is timed?
  [[nodiscard]] bool samples() {
    if (--until_sample_ > 0) return false;
    until_sample_ = kSampleEvery;
    return true;
  }
  void took(const command::Spec& spec, std::uint64_t ns);
  void reset();  // but for latencies, which are since the start

  // ---- To see ----
  [[nodiscard]] const std::vector<CommandCount>& counts() const { return counts_; }  // by command::index_of
  [[nodiscard]] const Latencies& latencies() const { return latencies_; }
  [[nodiscard]] command::Lookups& lookups() { return lookups_; }
  [[nodiscard]] const command::Lookups& lookups() const { return lookups_; }
  [[nodiscard]] std::uint64_t errors() const { return errors_; }  // that were answered
  // Commands on keys that were executed here.
  [[nodiscard]] std::uint64_t operations() const;

 private:
  static constexpr std::uint32_t kSampleEvery = 64;
  [[nodiscard]] CommandCount& count_of(const command::Spec& spec) { return counts_[command::index_of(spec)]; }

  std::vector<CommandCount> counts_;
  Latencies latencies_;
  command::Lookups lookups_{};
  std::uint64_t errors_ = 0;
  std::uint32_t until_sample_ = 1;
};

}  // namespace limpet::engine
