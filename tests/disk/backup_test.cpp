// A data directory is seen as it was at one moment, whatever goes on in it, and a copy is whole or not there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <limpet/disk/backup.hpp>
#include <limpet/disk/capture.hpp>
#include <limpet/disk/directory.hpp>
#include <limpet/disk/snapshot_files.hpp>
#include <limpet/journal/writer.hpp>

#include "a_folder.hpp"

namespace limpet::disk {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

namespace fs = std::filesystem;

class Copies : public FolderTest {
 protected:
  Copies() {
    data_ = root_ + "/data";
    EXPECT_TRUE(Directory::open(data_, {"demo", "n1"}));
    write(1, "one");
  }

  // A journal file of a run of its own, with one change.
  std::string write(std::uint64_t generation, const std::string& key) {
    const journal::SegmentHeader header{
        .stream = {.generation = generation, .shard = 0}, .number = 1, .nonce = generation};
    Bytes bytes;
    journal::append_header(bytes, header);
    journal::Writer writer(header.nonce);
    writer.set_sequence(1, generation - 1);
    writer.change_of(1).erase(key);
    bytes.append(writer.take().view());
    const std::string name = journal::file_name(header);
    put(name, bytes.view());
    return name;
  }
  void put(const std::string& name, std::string_view bytes) const {
    std::ofstream(data_ + "/" + name, std::ios::binary) << bytes;
  }
  static std::vector<std::string> names_in(const std::string& path) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(path)) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }
  static std::vector<std::string> names_of(const Capture& capture) {
    std::vector<std::string> names;
    for (const auto& file : capture.files()) names.push_back(file.name);
    return names;
  }

  std::string data_;
  const std::string first_ = "0000000001-000-00000001.journal";
};

TEST_F(Copies, AFileThatComesBetweenTheLooksIsInTheNextOne) {
  int looks = 0;
  std::string second;
  const auto capture = Capture::of(data_, [&] {
    if (++looks == 1) second = write(2, "two");
  });
  ASSERT_TRUE(capture) << capture.error().text;
  EXPECT_THAT(names_of(*capture), ElementsAre(first_, second));
  EXPECT_EQ(looks, 2);
}

TEST_F(Copies, AFileThatGoesBetweenTheLooksIsNotInTheNextOne) {
  const std::string second = write(2, "two");
  const auto capture = Capture::of(data_, [&] { fs::remove(data_ + "/" + first_); });
  ASSERT_TRUE(capture);
  EXPECT_THAT(names_of(*capture), ElementsAre(second));
}

TEST_F(Copies, TheBaseThatIsSaidBetweenTheLooksCounts) {
  const auto capture = Capture::of(data_, [&] { put(kBaseName, "generation 1\n"); });
  ASSERT_TRUE(capture);
  EXPECT_EQ(capture->base_text(), "generation 1\n");
  EXPECT_FALSE(capture->check().sound()) << "its snapshots are not there";
}

TEST_F(Copies, WhatNeverStandsStillIsGivenUp) {
  std::uint64_t generation = 1;
  const auto capture = Capture::of(data_, [&] { write(++generation, "more"); });
  ASSERT_FALSE(capture);
  EXPECT_EQ(capture.error().code, Code::unavailable);
  EXPECT_THAT(capture.error().text, HasSubstr("try again"));
}

TEST_F(Copies, WhatIsWrittenOrRemovedAfterwardsDoesNotShow) {
  const auto capture = Capture::of(data_);
  ASSERT_TRUE(capture);
  const std::uint64_t bytes = capture->bytes();
  std::ofstream(data_ + "/" + first_, std::ios::app) << "more";
  fs::remove(data_ + "/" + first_);
  EXPECT_EQ(capture->bytes(), bytes);
  EXPECT_TRUE(capture->check().sound());
  EXPECT_EQ(capture->check().changes, 1U);
}

TEST_F(Copies, ABackupHasTheJournalAndWhoseItIsAndNothingElse) {
  put("limpet.fence", "generation 1\n");
  put("0000000001-000-00000001.snapshot.new", "half");
  const auto backup = back_up(data_, root_ + "/copy");
  ASSERT_TRUE(backup) << backup.error().text;
  EXPECT_EQ(backup->files, 1U);
  EXPECT_EQ(backup->node, "n1");
  EXPECT_THAT(names_in(root_ + "/copy"), ElementsAre(first_, "limpet.id"));
  EXPECT_THAT(names_in(root_), ElementsAre("copy", "data"));
  struct ::stat facts {};
  ASSERT_EQ(::stat((root_ + "/copy").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0700U);
  const auto restored = Directory::open(root_ + "/copy", {"demo", "n1"});
  ASSERT_TRUE(restored);
  EXPECT_EQ((*restored)->begin_generation(1).value_or(0), 2U);
}

TEST_F(Copies, ABackupThatCannotBeLeavesNothing) {
  fs::create_directory(root_ + "/full");
  std::ofstream(root_ + "/full/file") << "x";
  for (const std::string target : {"/full", "/data/copy", "/none/copy", "/full/file"}) {
    const auto backup = back_up(data_, root_ + target);
    ASSERT_FALSE(backup) << target;
    EXPECT_EQ(backup.error().code, Code::bad_input) << backup.error().text;
  }
  write(3, "one is missing");
  const auto damaged = back_up(data_, root_ + "/copy");
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, Code::refused);
  EXPECT_THAT(names_in(root_), ElementsAre("data", "full"));
}

}  // namespace
}  // namespace limpet::disk
