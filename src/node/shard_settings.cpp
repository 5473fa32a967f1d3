#include "shard_settings.hpp"

#include <unistd.h>

#include <chrono>
#include <limpet/base/hash.hpp>
#include <limpet/reports/info.hpp>

#include "process_facts.hpp"
#include "random_seed.hpp"

namespace limpet::node {

namespace {

std::uint64_t ticks_ns() {
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

reports::ProcessFacts process_facts() {
  const ProcessUse use = read_process_use();
  const auto pages = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES));
  const auto page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return {use.resident_bytes, pages * page_bytes, use.user_seconds, use.system_seconds};
}

}  // namespace

shard::ShardConfig config_of(const Settings& settings, std::int64_t started_steady_ms) {
  shard::ShardConfig config;
  config.shards = settings.shards;
  config.version = LIMPET_VERSION;
  config.started_ms = started_steady_ms;
  config.pid = ::getpid();
  config.config_file = settings.config_file;
  // With a secret all nodes hash alike and nobody outside can know how; without one each node draws its own.
  config.table_seed =
      settings.secret.empty() ? random_seed() : hash64(settings.secret.first(), hash64(settings.view.name));
  config.process_facts = process_facts;
  config.ticks_ns = ticks_ns;
  return config;
}

}  // namespace limpet::node
