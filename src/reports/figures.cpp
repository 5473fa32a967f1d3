#include <cstring>
#include <limpet/base/assert.hpp>
#include <limpet/reports/figures.hpp>
#include <type_traits>

namespace limpet::reports {

namespace {

// In front of the figures: a reply that begins with '-' is an error, and a figure may begin with any byte.
constexpr char kStatsMark = '=';

static_assert(std::is_trivially_copyable_v<Counters> && std::is_trivially_copyable_v<store::StoreStats> &&
              std::is_trivially_copyable_v<DiskStats> && std::is_trivially_copyable_v<HandoffStats> &&
              std::is_trivially_copyable_v<CopiesStats> && std::is_trivially_copyable_v<FollowerStats> &&
              std::is_trivially_copyable_v<Rates> && std::is_trivially_copyable_v<CommandCount>);

}  // namespace

void append_figures(Bytes& out, const ShardStats& stats) {
  out.push_back(kStatsMark);
  append_le(out, stats.counters);
  append_le(out, stats.store);
  append_le(out, stats.disk);
  append_le(out, stats.handoff);
  append_le(out, stats.copies);
  append_le(out, stats.rates);
  append_le(out, static_cast<std::uint32_t>(stats.followers.size()));
  for (const FollowerStats& follower : stats.followers) append_le(out, follower);
  for (const CommandCount& count : stats.commands) append_le(out, count);
}

ShardStats read_figures(std::string_view bytes) {
  ShardStats stats;
  bytes.remove_prefix(1);
  std::uint32_t followers = 0;
  const bool whole = take_le(bytes, stats.counters) && take_le(bytes, stats.store) &&
                     take_le(bytes, stats.disk) && take_le(bytes, stats.handoff) &&
                     take_le(bytes, stats.copies) && take_le(bytes, stats.rates) && take_le(bytes, followers);
  LIMPET_ASSERT(whole);
  stats.followers.resize(followers);
  for (FollowerStats& follower : stats.followers) LIMPET_ASSERT(take_le(bytes, follower));
  for (; bytes.size() >= sizeof(CommandCount); bytes.remove_prefix(sizeof(CommandCount))) {
    stats.commands.push_back(load_le<CommandCount>(bytes.data()));
  }
  return stats;
}

}  // namespace limpet::reports
