// ProcessFacts: what the kernel says about this process, for the process_* metrics. Linux only.
#pragma once

#include <cstdint>

namespace limpet::node {

struct ProcessFacts {
  double cpu_seconds = 0;  // user and system, all threads
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t threads = 0;
  std::uint64_t open_descriptors = 0;
  std::uint64_t max_descriptors = 0;
};

// What cannot be read stays 0.
[[nodiscard]] ProcessFacts read_process_facts();

// The part that is cheap to ask for: no folder is walked.
struct ProcessUse {
  double user_seconds = 0;
  double system_seconds = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t resident_bytes = 0;
};
[[nodiscard]] ProcessUse read_process_use();

}  // namespace limpet::node
