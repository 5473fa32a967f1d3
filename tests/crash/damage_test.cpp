// What a disk has spoilt is told, or does no harm: whatever bit flips in whatever file, and wherever a file
// ends early. LIMPET_CRASH_SEEDS looks at the files of more stories.
#include <gtest/gtest.h>

#include <limpet/disk/directory.hpp>
#include <map>

#include "folder.hpp"
#include "setting.hpp"
#include "world.hpp"

namespace limpet::crash {
namespace {

using Files = std::map<std::string, std::string>;

// What a node leaves that ran some times, and was told to stop each time: the end of every stream is marked.
Files files_of(std::uint64_t seed, std::uint64_t steps) {
  World world(seed);
  for (int run = 0; run < 3; ++run) {
    do world.start_and_work(steps);
    while (!world.serving() && world.failure().empty());
    world.stop();
    EXPECT_EQ(world.failure(), "") << "seed " << seed;
  }
  Files files;
  for (const std::string& name : world.disk().list("")) files[name] = world.disk().read(name);
  return files;
}

struct Reading {
  explicit Reading(const Files& files, std::uint64_t base = 0) {
    for (const auto& [name, content] : files) {
      if (journal::read_name(name)) recovery.add(name, content);
    }
    recovery.require_snapshots_of(base);
    recovery.finish();
  }
  [[nodiscard]] std::vector<std::string_view> changes(Slot slot) const {
    std::vector<std::string_view> changes;
    recovery.each_change(slot, [&](std::string_view effects) { changes.push_back(effects); });
    return changes;
  }
  [[nodiscard]] bool told_of(const std::string& file) const {
    for (const journal::Finding& finding : recovery.findings()) {
      if (finding.file == file) return true;
    }
    for (const std::string& refusal : recovery.refusals()) {
      if (refusal.starts_with(file)) return true;
    }
    return false;
  }
  [[nodiscard]] bool refused() const { return !recovery.refusals().empty(); }

  journal::Recovery recovery;
};

// The slots that are not said to be damaged have what they had, or, where an end may be missing, its
// beginning. Returns how many are said to be.
std::size_t expect_undamaged_are(const Reading& whole, const Reading& now, bool end_may_be_missing,
                                 const std::string& where) {
  std::size_t damaged = 0;
  for (unsigned number = 0; number < kSlots; ++number) {
    const auto slot = static_cast<Slot>(number);
    if (now.recovery.damaged(slot)) {
      ++damaged;
      continue;
    }
    const bool same_count = now.recovery.changes_of(slot) == whole.recovery.changes_of(slot);
    if (same_count && now.recovery.changes_of(slot) == 0) continue;
    auto had = whole.changes(slot);
    const auto has = now.changes(slot);
    if (end_may_be_missing && has.size() < had.size()) had.resize(has.size());
    EXPECT_EQ(has, had) << where << ": slot " << slot << " would be served wrong";
  }
  return damaged;
}

std::uint64_t seeds(std::uint64_t otherwise) { return setting("LIMPET_CRASH_SEEDS", otherwise * 50) / 50; }

// Returns how many of them were in snapshots.
std::size_t flip_some(const Files& files, const Reading& whole, Dice& dice) {
  std::size_t in_snapshots = 0;
  for (const auto& [name, content] : files) {
    if (!journal::read_name(name)) continue;
    const auto header = journal::read_header(content);
    const bool snapshot = header->kind == journal::FileKind::snapshot;
    for (std::size_t i = 0; i < (snapshot ? 6 : 3); ++i) {
      in_snapshots += snapshot ? 1 : 0;
      // A third of them into the header, which is small.
      const std::size_t at = dice.below(i % 3 == 0 ? journal::kSegmentHeaderBytes : content.size());
      Files spoilt = files;
      spoilt[name][at] = static_cast<char>(spoilt[name][at] ^ (1 << dice.below(8)));
      const Reading now(spoilt);
      const std::string where = name + ", byte " + std::to_string(at);
      EXPECT_TRUE(now.told_of(name)) << where << ": nobody is told";
      if (now.refused()) continue;
      expect_undamaged_are(whole, now, false, where);
      if (at < journal::kSegmentHeaderBytes) continue;
      for (unsigned slot = 0; slot < kSlots; ++slot) {
        if (slot % header->shards == header->stream.shard) continue;
        EXPECT_FALSE(now.recovery.damaged(static_cast<Slot>(slot))) << where << ": not in this file";
      }
    }
  }
  return in_snapshots;
}

TEST(Damage, ABitThatFlipsIsToldAndServesNothingWrong) {
  std::size_t in_snapshots = 0;
  for (std::uint64_t seed = 1; (seed <= seeds(4) || in_snapshots < 24) && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Files files = files_of(seed, 2'000);
    const Reading whole(files);
    ASSERT_TRUE(whole.recovery.findings().empty()) << whole.recovery.findings()[0].text;
    Dice dice(seed);
    in_snapshots += flip_some(files, whole, dice);
  }
}

// The seeds whose files are small enough to be cut at each byte.
TEST(Damage, AJournalCutAtAnyByteHoldsABeginningOrIsDamaged) {
  std::size_t bytes = 0;
  for (std::uint64_t seed = 1; bytes < 3'000 * seeds(1) && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Files files = files_of(seed, 60);
    const Reading whole(files);
    for (const auto& [name, content] : files) {
      const auto header = journal::read_name(name);
      if (!header || content.size() > 2'000) continue;
      journal::SegmentHeader next = *header;
      ++next.number;
      const bool last = !files.contains(journal::file_name(next));
      Files cut = files;
      for (std::size_t length = 0; length < content.size(); ++length, ++bytes) {
        cut[name] = content.substr(0, length);
        const Reading now(cut);
        const std::string where = name + ", cut to " + std::to_string(length);
        const std::size_t damaged = expect_undamaged_are(whole, now, last, where);
        EXPECT_TRUE(last || damaged > 0) << where;
      }
    }
  }
}

TEST(Damage, ABitThatFlipsInTheBaseServesNothingWrong) {
  Files files;
  for (std::uint64_t seed = 1; !files.contains("limpet.base"); ++seed) files = files_of(seed, 2'000);
  const Reading whole(files);
  const Folder folder;
  const auto directory = disk::Directory::open(folder.path(), {"sim", "n1"});
  ASSERT_TRUE(directory);
  const std::string content = files["limpet.base"];
  for (std::size_t bit = 0; bit < 8 * content.size(); ++bit) {
    std::string spoilt = content;
    spoilt[bit / 8] = static_cast<char>(spoilt[bit / 8] ^ (1 << bit % 8));
    ASSERT_TRUE((*directory)->replace("limpet.base", spoilt));
    const auto base = (*directory)->generation_in("limpet.base");
    if (!base) continue;  // the node does not start, and says why
    const Reading now(files, *base);
    expect_undamaged_are(whole, now, false, "bit " + std::to_string(bit));
  }
}

// The number of a run is never used twice: it is above that of every file, whatever the fence says.
TEST(Damage, ABitThatFlipsInTheFenceNeverBringsBackANumber) {
  const Folder folder;
  const auto directory = disk::Directory::open(folder.path(), {"sim", "n1"});
  ASSERT_TRUE(directory && (*directory)->begin_generation(6) == 7U);
  const std::string content = *(*directory)->read("limpet.fence");
  for (std::size_t bit = 0; bit < 8 * content.size(); bit += 3) {
    std::string spoilt = content;
    spoilt[bit / 8] = static_cast<char>(spoilt[bit / 8] ^ (1 << bit % 8));
    ASSERT_TRUE((*directory)->replace("limpet.fence", spoilt));
    const auto begun = (*directory)->begin_generation(7);
    EXPECT_TRUE(!begun || *begun > 7U) << spoilt;
  }
}

}  // namespace
}  // namespace limpet::crash
