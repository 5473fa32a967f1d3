#include <cstring>
#include <limpet/reports/figures.hpp>
#include <type_traits>

namespace limpet::reports {

namespace {

// In front of the figures: a reply that begins with '-' is an error, and a figure may begin with any byte.
constexpr char kStatsMark = '=';

static_assert(std::is_trivially_copyable_v<Counters> && std::is_trivially_copyable_v<store::StoreStats> &&
              std::is_trivially_copyable_v<DiskStats> && std::is_trivially_copyable_v<HandoffStats> &&
              std::is_trivially_copyable_v<Rates> && std::is_trivially_copyable_v<CommandCount>);

}  // namespace

void append_figures(Bytes& out, const ShardStats& stats) {
  out.push_back(kStatsMark);
  append_le(out, stats.counters);
  append_le(out, stats.store);
  append_le(out, stats.disk);
  append_le(out, stats.handoff);
  append_le(out, stats.rates);
  for (const CommandCount& count : stats.commands) append_le(out, count);
}

ShardStats read_figures(std::string_view bytes) {
  ShardStats stats;
  bytes.remove_prefix(1);
  stats.counters = load_le<Counters>(bytes.data());
  bytes.remove_prefix(sizeof(Counters));
  stats.store = load_le<store::StoreStats>(bytes.data());
  bytes.remove_prefix(sizeof(store::StoreStats));
  stats.disk = load_le<DiskStats>(bytes.data());
  bytes.remove_prefix(sizeof(DiskStats));
  stats.handoff = load_le<HandoffStats>(bytes.data());
  bytes.remove_prefix(sizeof(HandoffStats));
  stats.rates = load_le<Rates>(bytes.data());
  bytes.remove_prefix(sizeof(Rates));
  for (; bytes.size() >= sizeof(CommandCount); bytes.remove_prefix(sizeof(CommandCount))) {
    stats.commands.push_back(load_le<CommandCount>(bytes.data()));
  }
  return stats;
}

}  // namespace limpet::reports
