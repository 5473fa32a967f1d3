// What a node was told that its titles are is what it finds at its next start, however it ended.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <limpet/base/limits.hpp>
#include <limpet/disk/title_file.hpp>
#include <mutex>

#include "a_folder.hpp"

namespace limpet::disk {
namespace {

using ::testing::HasSubstr;

handoff::SlotTitle owner_at(Term term) {
  return {.title = {.kind = handoff::Title::Kind::own, .term = term}, .promise = std::nullopt};
}

class Titles : public FolderTest {
 protected:
  // The next boot on this directory; the one before must have ended.
  void open() {
    file_.reset();
    directory_.reset();
    directory_ = std::move(*Directory::open(root_ + "/data", {"demo", "n1"}));
    generation_ = *directory_->begin_generation(0);
    TitleFileEvents events;
    events.full = [this](const std::string& why) {
      const std::lock_guard lock(mutex_);
      fullness_.push_back(why);
      changed_.notify_all();
    };
    events.before_write = [this] { return full_ ? fail(Code::full, "no space left") : Result<void>(); };
    Result<std::unique_ptr<TitleFile>> file = TitleFile::open(*directory_, generation_, 7, std::move(events));
    error_ = file ? "" : file.error().text;
    if (file) file_ = std::move(*file);
  }
  TitleFile::Done heard() {
    return [this](const Result<void>& outcome) {
      const std::lock_guard lock(mutex_);
      outcomes_.push_back(outcome ? "" : outcome.error().text);
      changed_.notify_all();
    };
  }
  // Waits until so many have been heard; returns the last.
  std::string wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    const bool came =
        changed_.wait_for(lock, std::chrono::seconds(20), [&] { return outcomes_.size() >= count; });
    return came ? outcomes_.back() : "nothing was heard";
  }
  void own(Slot slot, std::uint64_t cessions) {
    const std::size_t before = outcomes_.size();
    file_->titles({{slot, owner_at({cessions})}}, heard());
    ASSERT_EQ(wait_for(before + 1), "");
  }
  [[nodiscard]] std::string path() const { return root_ + "/data/" + name_of(generation_); }
  [[nodiscard]] static std::string name_of(std::uint64_t generation) {
    return std::to_string(generation) + std::string(kTitleExtension);
  }

  std::unique_ptr<Directory> directory_;
  std::uint64_t generation_ = 0;
  std::unique_ptr<TitleFile> file_;
  std::string error_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> outcomes_;
  std::vector<std::string> fullness_;
  std::atomic<bool> full_ = false;
};

TEST_F(Titles, ANewDirectoryHasNone) {
  open();
  ASSERT_TRUE(file_) << error_;
  EXPECT_EQ(file_->book().founded(), 0U);
  for (unsigned slot = 0; slot < kSlots; ++slot) {
    EXPECT_EQ(file_->book().title(static_cast<Slot>(slot)), handoff::SlotTitle{});
  }
}

TEST_F(Titles, AStopInTheMiddleOfAStartWritesWhatWaitsAndCountsAsACrash) {
  open();
  own(5, 3);
  ASSERT_TRUE(file_->stop(false));
  open();
  ASSERT_TRUE(file_) << error_;
  EXPECT_EQ(file_->book().title(5), owner_at({3, 1}));
}

TEST_F(Titles, WhatWasHeardOfIsThereAfterACleanStop) {
  open();
  own(5, 3);
  file_->name(0, "n1", heard());
  file_->founded(99, heard());
  file_->view(7, "epoch = 7\n", heard());
  ASSERT_EQ(wait_for(4), "");
  ASSERT_TRUE(file_->stop());
  open();
  ASSERT_TRUE(file_) << error_;
  EXPECT_EQ(file_->book().title(5), owner_at({3})) << "a clean stop raises no term";
  EXPECT_EQ(file_->book().founded(), 99U);
  EXPECT_EQ(file_->book().epoch(), 7U);
  EXPECT_EQ(file_->book().view(), "epoch = 7\n");
  EXPECT_EQ(file_->book().names().at(0), "n1");
  EXPECT_EQ(file_->book().boot(), handoff::boot_id(generation_, 7));
}

TEST_F(Titles, AfterAnUncleanStopTheTermsOfWhatIsOwnedRiseOnceAndForGood) {
  open();
  own(5, 3);
  open();
  ASSERT_TRUE(file_) << error_;
  EXPECT_EQ(file_->book().title(5), owner_at({3, 1}));
  ASSERT_TRUE(file_->stop());
  open();
  EXPECT_EQ(file_->book().title(5), owner_at({3, 1})) << "the higher term was on the disk";
}

TEST_F(Titles, WhoeverWantsToKnowIsToldThatTheyAreWrittenBeforeTheyAreSynced) {
  open();
  std::size_t heard_before = 1;
  std::uintmax_t bytes = 0;
  const std::uintmax_t bytes_before = std::filesystem::file_size(path());
  file_->titles({{9, owner_at({1})}}, heard(), [&] {
    const std::lock_guard lock(mutex_);
    heard_before = outcomes_.size();
    bytes = std::filesystem::file_size(path());
  });
  EXPECT_EQ(wait_for(1), "");
  EXPECT_EQ(heard_before, 0U);
  EXPECT_GT(bytes, bytes_before);
}

TEST_F(Titles, WhatWaitsIsWrittenBeforeAStop) {
  open();
  for (std::uint64_t term = 1; term <= 500; ++term) file_->titles({{9, owner_at({term})}}, heard());
  ASSERT_TRUE(file_->stop());
  EXPECT_EQ(wait_for(500), "");
  open();
  EXPECT_EQ(file_->book().title(9), owner_at({500}));
}

TEST_F(Titles, WithoutRoomTheFileIsCutBackAndWhatIsToldAgainIsWrittenOnceThereIs) {
  open();
  own(5, 3);
  const std::uintmax_t bytes = std::filesystem::file_size(path());
  full_ = true;
  file_->titles({{6, owner_at({4})}}, heard());
  EXPECT_EQ(wait_for(2), "no space left");
  EXPECT_EQ(std::filesystem::file_size(path()), bytes);
  {
    const std::lock_guard lock(mutex_);
    EXPECT_THAT(fullness_, ::testing::ElementsAre("no space left"));
  }
  full_ = false;
  own(7, 5);
  {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(20), [&] { return fullness_.size() == 2; }));
    EXPECT_EQ(fullness_.back(), "");
  }
  ASSERT_TRUE(file_->stop());
  open();
  ASSERT_TRUE(file_) << error_;
  EXPECT_EQ(file_->book().title(5), owner_at({3}));
  EXPECT_EQ(file_->book().title(6), handoff::SlotTitle{}) << "who was told so has it not";
  EXPECT_EQ(file_->book().title(7), owner_at({5}));
}

TEST_F(Titles, NamesAndTheFileInForceWaitForRoomAndStandBeforeWhatIsToldLater) {
  open();
  full_ = true;
  file_->name(0, "n1", heard());
  file_->view(7, "epoch = 7\n", heard());
  file_->titles({{6, owner_at({4})}}, heard());
  EXPECT_EQ(wait_for(1), "no space left") << "the title alone";
  full_ = false;
  EXPECT_EQ(wait_for(3), "");
  own(6, 4);
  file_.reset();
  open();
  ASSERT_TRUE(file_) << error_;
  EXPECT_EQ(file_->book().names().at(0), "n1");
  EXPECT_EQ(file_->book().view(), "epoch = 7\n");
}

TEST_F(Titles, AStopDoesNotWaitForRoom) {
  open();
  own(5, 3);
  full_ = true;
  file_->name(0, "n1", heard());
  EXPECT_FALSE(file_->stop());
  full_ = false;
  open();
  ASSERT_TRUE(file_) << error_;
  EXPECT_EQ(file_->book().title(5).title.kind, handoff::Title::Kind::own);
}

TEST_F(Titles, NothingIsAcknowledgedOnceAnotherRunHasTheDirectory) {
  open();
  own(5, 3);
  std::ofstream(root_ + "/data/limpet.fence") << "generation 99\nnonce 1\nhost elsewhere\npid 1\n";
  file_->titles({{5, owner_at({4})}}, heard());
  EXPECT_THAT(wait_for(2), HasSubstr("taken over"));
  file_->titles({{5, owner_at({5})}}, heard());
  EXPECT_THAT(wait_for(3), HasSubstr("taken over")) << "and it stays so";
  EXPECT_FALSE(file_->stop());
}

TEST_F(Titles, AnOldRunThatGoesOnNeverTouchesTheFileOfTheNewOne) {
  open();
  own(5, 3);
  // Another host takes the directory over, while the old run stands still.
  std::unique_ptr<Directory> old_directory = std::move(directory_);
  std::unique_ptr<TitleFile> old_file = std::move(file_);
  std::filesystem::remove(root_ + "/data/limpet.lock");
  open();
  ASSERT_TRUE(file_) << error_;
  own(5, 9);
  std::vector<std::pair<Slot, handoff::SlotTitle>> all;
  for (unsigned slot = 0; slot < kSlots; ++slot) all.emplace_back(static_cast<Slot>(slot), owner_at({1}));
  const std::size_t told = outcomes_.size();
  for (std::size_t i = 1; i <= 40; ++i) {
    old_file->titles(all, heard());
    EXPECT_THAT(wait_for(told + i), HasSubstr("taken over")) << "even where it writes its file anew";
  }
  own(6, 9);
  old_file.reset();
  ASSERT_TRUE(file_->stop());
  open();
  ASSERT_TRUE(file_) << error_;
  EXPECT_EQ(file_->book().title(5), owner_at({9}));
  EXPECT_EQ(file_->book().title(6), owner_at({9}));
  EXPECT_EQ(file_->book().title(7), handoff::SlotTitle{});
}

TEST_F(Titles, AFileThatHasGrownIsWrittenAnew) {
  open();
  std::vector<std::pair<Slot, handoff::SlotTitle>> all;
  for (unsigned slot = 0; slot < kSlots; ++slot) all.emplace_back(static_cast<Slot>(slot), owner_at({1}));
  std::size_t told = 0;
  for (std::uint64_t term = 1; term <= 60; ++term) {
    for (auto& [slot, title] : all) title = owner_at({term});
    file_->titles(all, heard());
    ASSERT_EQ(wait_for(++told), "");
  }
  EXPECT_LT(std::filesystem::file_size(path()), kTitleFileBytes + 1'000'000);
  own(7, 61);
  ASSERT_TRUE(file_->stop());
  open();
  EXPECT_EQ(file_->book().title(7), owner_at({61}));
  EXPECT_EQ(file_->book().title(8), owner_at({60}));
}

TEST_F(Titles, AnEndThatWasCutOffIsDroppedAndDamageIsNamed) {
  open();
  own(5, 3);
  own(6, 4);
  file_.reset();
  std::filesystem::resize_file(path(), std::filesystem::file_size(path()) - 1);
  open();
  ASSERT_TRUE(file_) << error_;
  EXPECT_GT(file_->dropped_bytes(), 0U);
  EXPECT_EQ(file_->book().title(5), owner_at({3, 1}));
  EXPECT_EQ(file_->book().title(6), handoff::SlotTitle{});
  own(5, 9);
  file_.reset();
  {
    std::fstream damage(path(), std::ios::in | std::ios::out | std::ios::binary);
    damage.seekp(40);
    damage.put('!');
  }
  const std::string damaged = path();
  open();
  EXPECT_FALSE(file_);
  EXPECT_THAT(error_, HasSubstr(damaged));
  EXPECT_THAT(error_, HasSubstr("damaged at byte"));
}

}  // namespace
}  // namespace limpet::disk
