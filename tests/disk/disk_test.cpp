// What is handed to the disk's threads is in the files, and files go only when others have what they had.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <limpet/base/limits.hpp>
#include <limpet/disk/appender.hpp>
#include <limpet/disk/directory.hpp>
#include <limpet/disk/snapshot_files.hpp>
#include <limpet/journal/recovery.hpp>
#include <limpet/journal/writer.hpp>
#include <mutex>

#include "a_folder.hpp"

namespace limpet::disk {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto kPatience = std::chrono::seconds(20);

// What events have said so far, from whatever thread.
class Told {
 public:
  void say(const std::string& what) {
    const std::lock_guard lock(mutex_);
    said_.push_back(what);
    changed_.notify_all();
  }
  bool wait_for(const std::string& what) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return has(what); });
  }
  std::vector<std::string> all() {
    const std::lock_guard lock(mutex_);
    return said_;
  }

 private:
  [[nodiscard]] bool has(const std::string& what) const {
    return std::find(said_.begin(), said_.end(), what) != said_.end();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> said_;
};

class Disk : public FolderTest {
 protected:
  std::unique_ptr<Directory> open(const std::string& node = "n1") {
    auto directory = Directory::open(root_ + "/data", {"demo", node});
    if (!directory) error_ = directory.error().text;
    return directory ? std::move(*directory) : nullptr;
  }
  AppenderEvents appender_events() {
    return {.written = [this](std::uint64_t position) { told_.say("written " + std::to_string(position)); },
            .synced = [this](std::uint64_t position) { told_.say("synced " + std::to_string(position)); },
            .full = [this](const std::string& why) { told_.say("full " + why); },
            .failed = [this](const std::string& why) { told_.say("failed " + why); }};
  }
  SnapshotEvents snapshot_events() {
    return {.written = [](unsigned, std::size_t) {},
            .done = [this](unsigned shard, std::uint64_t) { told_.say("done " + std::to_string(shard)); },
            .failed = [this](unsigned shard,
                             const std::string&) { told_.say("failed " + std::to_string(shard)); },
            .file_of = [](unsigned, std::uint64_t) { return 2U; }};
  }
  static journal::SnapshotPiece piece(std::uint32_t snapshot, std::uint32_t number, bool last,
                                      unsigned slot = 0) {
    journal::SnapshotPiece made;
    made.begins_file = made.ends_file = true;
    made.ends_snapshot = last;
    made.header = {.kind = journal::FileKind::snapshot,
                   .stream = {.generation = 1, .shard = 0},
                   .number = number,
                   .position = journal::snapshot_position(snapshot, slot)};
    made.first_file = number;
    journal::append_header(made.bytes, made.header);
    return made;
  }
  void touch(const std::string& name) const { std::ofstream(root_ + "/data/" + name) << "x"; }
  [[nodiscard]] bool exists(const std::string& name) const {
    return std::filesystem::exists(root_ + "/data/" + name);
  }
  static std::vector<journal::SnapshotPiece> pieces(std::initializer_list<journal::SnapshotPiece*> of) {
    std::vector<journal::SnapshotPiece> all;
    for (journal::SnapshotPiece* each : of) all.push_back(std::move(*each));
    return all;
  }

  std::string error_;
  Told told_;
};

TEST_F(Disk, ADirectoryBelongsToOneNodeAndOneProcess) {
  auto directory = open();
  ASSERT_NE(directory, nullptr) << error_;
  EXPECT_EQ(open(), nullptr);
  EXPECT_THAT(error_, HasSubstr("another limpetd runs on this data directory"));
  directory.reset();
  EXPECT_EQ(open("n2"), nullptr);
  EXPECT_THAT(error_, HasSubstr("belongs to node 'n1' of cluster 'demo'"));
  EXPECT_NE(open(), nullptr);
}

TEST_F(Disk, EveryRunHasAHigherGenerationAndFencesTheOneBefore) {
  auto directory = open();
  EXPECT_EQ(directory->begin_generation(0).value_or(0), 1U);
  EXPECT_TRUE(directory->fenced());
  EXPECT_EQ(directory->begin_generation(7).value_or(0), 8U);
  EXPECT_EQ(directory->begin_generation(0).value_or(0), 9U);
  // As another process on another host would do it, which the lock does not stop.
  touch("limpet.fence");
  const auto mine = directory->fenced();
  ASSERT_FALSE(mine);
  EXPECT_THAT(mine.error().text, HasSubstr("was taken over"));
  EXPECT_FALSE(directory->fenced_here());
}

TEST_F(Disk, AFenceThatWasOnlyTouchedOrCopiedIsStillItsOwn) {
  auto directory = open();
  ASSERT_TRUE(directory->begin_generation(0));
  EXPECT_TRUE(directory->fenced_here());
  const std::filesystem::path fence = root_ + "/data/limpet.fence";
  std::filesystem::copy_file(fence, root_ + "/copy");
  std::filesystem::rename(root_ + "/copy", fence);
  EXPECT_TRUE(directory->fenced_here());
  EXPECT_TRUE(directory->fenced());
  std::filesystem::remove(fence);
  EXPECT_FALSE(directory->fenced_here());
}

TEST_F(Disk, WhatIsAppendedIsReadAgainAndEndsAsItIsTold) {
  const auto directory = open();
  ASSERT_TRUE(directory->begin_generation(0));
  const journal::SegmentHeader header{.stream = {.generation = 1, .shard = 0}, .nonce = 9};
  auto appender = Appender::start(*directory, header, true, appender_events());
  ASSERT_TRUE(appender) << appender.error().text;
  journal::Writer writer(header.nonce);
  for (int i = 0; i < 100; ++i) {
    writer.change_of(static_cast<Slot>(i % 7)).erase("key " + std::to_string(i));
    writer.end_command();
    (*appender)->append(writer.take());
  }
  EXPECT_TRUE(told_.wait_for("synced " + std::to_string(writer.position())));
  (*appender)->stop([&](std::uint64_t synced) {
    EXPECT_EQ(synced, writer.position());
    writer.mark(synced);
    return writer.take();
  });
  const std::string name = journal::file_name({.stream = header.stream, .number = 1});
  EXPECT_THAT(*directory->list(journal::kJournalExtension), ElementsAre(name));
  const std::string content = *directory->read(name);
  journal::Recovery recovery;
  recovery.add(name, content);
  recovery.finish();
  EXPECT_THAT(recovery.findings(), IsEmpty());
  EXPECT_EQ(recovery.changes(), 100U);
}

// Else it would be covered by the next of those that come by themselves, a long time later.
TEST_F(Disk, ASyncThatIsAskedForCoversAllThatWasAppendedBefore) {
  constexpr int kRounds = 40;
  const auto directory = open();
  ASSERT_TRUE(directory->begin_generation(0));
  const journal::SegmentHeader header{.stream = {.generation = 1, .shard = 0}, .nonce = 9};
  auto appender = Appender::start(*directory, header, false, appender_events());
  ASSERT_TRUE(appender);
  journal::Writer writer(header.nonce);
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < kRounds; ++i) {
    writer.change_of(1).erase("key " + std::to_string(i));
    (*appender)->append(writer.take());
    (*appender)->sync_soon();
    ASSERT_TRUE(told_.wait_for("synced " + std::to_string(writer.position())));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(kSyncEveryMs) * kRounds / 4);
}

TEST_F(Disk, AFileThatIsLongEnoughIsFollowedByAnother) {
  const auto directory = open();
  ASSERT_TRUE(directory->begin_generation(0));
  const journal::SegmentHeader header{.stream = {.generation = 1, .shard = 0}, .nonce = 9};
  auto appender = Appender::start(*directory, header, false, appender_events());
  ASSERT_TRUE(appender);
  journal::Writer writer(header.nonce);
  const std::string large(kSegmentBytes / 2, 'v');
  std::vector<std::uint64_t> ends;
  for (int i = 0; i < 6; ++i) {
    writer.change_of(1).put_string("k", large, kNoExpiry);
    (*appender)->append(writer.take());
    ends.push_back(writer.position());
    ASSERT_TRUE(told_.wait_for("written " + std::to_string(writer.position())));
  }
  EXPECT_EQ((*appender)->file_of(0), 1U);
  EXPECT_EQ((*appender)->file_of(ends[0]), 1U);
  EXPECT_GT((*appender)->file_of(ends.back()), 1U);
  appender->reset();
  std::vector<std::string> contents;
  journal::Recovery recovery;
  const auto names = *directory->list(journal::kJournalExtension);
  EXPECT_GE(names.size(), 3U);
  contents.reserve(names.size());
  for (const std::string& name : names) recovery.add(name, contents.emplace_back(*directory->read(name)));
  recovery.finish();
  EXPECT_EQ(recovery.changes(), 6U);
  EXPECT_THAT(recovery.findings(), IsEmpty());
}

TEST_F(Disk, ASnapshotThatIsCompleteTakesThePlaceOfWhatItCovers) {
  const auto directory = open();
  ASSERT_TRUE(directory->begin_generation(0));
  const std::string first = journal::file_name({.stream = {.generation = 1, .shard = 0}, .number = 1});
  const std::string second = journal::file_name({.stream = {.generation = 1, .shard = 0}, .number = 2});
  const std::string old = journal::file_name({.stream = {.generation = 0, .shard = 3}, .number = 1});
  for (const std::string& name : {first, second, old}) touch(name);
  {
    SnapshotFiles files(*directory, 1, 1, snapshot_events());
    auto whole = piece(1, 1, true);
    files.append(0, pieces({&whole}));
    EXPECT_TRUE(told_.wait_for("done 0"));
  }
  EXPECT_FALSE(exists(first));
  EXPECT_TRUE(exists(second)) << "it has changes that came later";
  EXPECT_FALSE(exists(old)) << "every shard has its copies now";
  EXPECT_THAT(*directory->list(journal::kSnapshotExtension), ::testing::SizeIs(1));
  EXPECT_EQ(directory->generation_in(kBaseName).value_or(0), 1U);
}

TEST_F(Disk, FilesOfTheSnapshotBeforeGoAsSoonAsTheirSlotsAreInTheNewOne) {
  const auto directory = open();
  ASSERT_TRUE(directory->begin_generation(0));
  const auto name = [](std::uint32_t number) { return journal::file_name(piece(0, number, false).header); };
  SnapshotFiles files(*directory, 1, 1, snapshot_events());
  auto first = piece(1, 1, false);
  auto middle = piece(1, 2, false, 5000);
  auto last = piece(1, 3, true, 10'000);
  last.first_file = 1;
  files.append(0, pieces({&first, &middle, &last}));
  ASSERT_TRUE(told_.wait_for("done 0"));
  auto again = piece(2, 4, false);
  auto next = piece(2, 5, false, 7000);
  auto broken = piece(2, 6, false, 12'000);
  touch(name(6) + std::string(kUnfinishedExtension));
  files.append(0, pieces({&again, &next, &broken}));
  ASSERT_TRUE(told_.wait_for("failed 0"));
  EXPECT_FALSE(exists(name(1))) << "slots 0 to 5,000 are in file 4";
  EXPECT_TRUE(exists(name(2))) << "file 5 has some of its slots, and is not followed by another";
  EXPECT_TRUE(exists(name(3)));
  EXPECT_TRUE(exists(name(4)));
  EXPECT_TRUE(exists(name(5)));
}

TEST_F(Disk, ASnapshotOfWhichAFileFailedTakesThePlaceOfNothing) {
  const auto directory = open();
  ASSERT_TRUE(directory->begin_generation(0));
  const std::string journal = journal::file_name({.stream = {.generation = 1, .shard = 0}, .number = 1});
  touch(journal);
  auto broken = piece(1, 1, false);
  auto last = piece(1, 2, true);
  auto again = piece(2, 3, true);
  touch(journal::file_name(broken.header) + std::string(kUnfinishedExtension));
  SnapshotFiles files(*directory, 1, 1, snapshot_events());
  files.append(0, pieces({&broken, &last}));
  EXPECT_TRUE(told_.wait_for("failed 0"));
  files.append(0, pieces({&again}));
  EXPECT_TRUE(told_.wait_for("done 0"));
  EXPECT_THAT(told_.all(), ElementsAre("failed 0", "done 0")) << "once, for the one that is whole";
  EXPECT_FALSE(exists(journal));
}

class DirectoryNames : public FolderTest {};

TEST_F(DirectoryNames, ADirectoryThatIsMadeIsForItsOwnerAloneHoweverItIsSpelled) {
  int count = 0;
  for (const char* tail : {"", "/", "//", "/.", "/./", "/.//."}) {
    for (const char* parents : {"", "missing/", "missing//too/./"}) {
      const std::string base = root_ + "/" + std::to_string(++count) + "-" + parents + "data";
      ASSERT_TRUE(Directory::open(base + tail, {"demo", "n1"})) << base << tail;
      struct ::stat facts {};
      ASSERT_EQ(::stat(base.c_str(), &facts), 0);
      EXPECT_EQ(facts.st_mode & 0777U, 0700U) << base << tail;
    }
  }
}

}  // namespace
}  // namespace limpet::disk
