#include "process_facts.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <system_error>

namespace limpet::node {
namespace {

double seconds(const timeval& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}

std::uint64_t count_entries(const char* folder) {
  std::error_code error;
  std::uint64_t count = 0;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    ++count;
  return count;
}

}  // namespace

ProcessUse read_process_use() {
  ProcessUse use;
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    use.user_seconds = seconds(usage.ru_utime);
    use.system_seconds = seconds(usage.ru_stime);
  }
  std::uint64_t pages = 0;
  std::uint64_t resident_pages = 0;
  std::ifstream statm("/proc/self/statm");
  if (statm >> pages >> resident_pages) {
    const auto page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    use.virtual_bytes = pages * page_bytes;
    use.resident_bytes = resident_pages * page_bytes;
  }
  return use;
}

ProcessFacts read_process_facts() {
  const ProcessUse use = read_process_use();
  ProcessFacts facts;
  facts.cpu_seconds = use.user_seconds + use.system_seconds;
  facts.virtual_bytes = use.virtual_bytes;
  facts.resident_bytes = use.resident_bytes;

  facts.threads = count_entries("/proc/self/task");
  // The look itself holds one descriptor open.
  const std::uint64_t descriptors = count_entries("/proc/self/fd");
  facts.open_descriptors = descriptors > 0 ? descriptors - 1 : 0;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) facts.max_descriptors = limit.rlim_cur;
  return facts;
}

}  // namespace limpet::node
