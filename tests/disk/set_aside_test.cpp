// What a start under durability none finds of a journal is set aside, whole, and a start never stands
// between.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <limpet/base/limits.hpp>
#include <limpet/disk/set_aside.hpp>
#include <limpet/journal/segment.hpp>
#include <map>

#include "a_folder.hpp"

namespace limpet::disk {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

using Files = std::map<std::string, std::string>;

class SettingAside : public FolderTest {
 protected:
  void SetUp() override {
    reopen();
    for (const char* name : {"limpet.base", "0000000004.seals"}) write(name, std::string("generation 2\n"));
    for (std::uint32_t number = 1; number <= 3; ++number) {
      journal::SegmentHeader header{.stream = {.generation = 4, .shard = 0}, .number = number};
      Bytes bytes;
      journal::append_header(bytes, header);
      write(journal::file_name(header), std::string(bytes.view()));
      header.kind = journal::FileKind::snapshot;
      write(journal::file_name(header), std::string(bytes.view()));
    }
    write("5.titles", "titles");
    journal_ = files();
    for (const char* other : {"limpet.id", "limpet.lock", "5.titles"}) journal_.erase(other);
  }
  void reopen() {
    directory_.reset();
    auto directory = Directory::open(path_, {"demo", "n1"});
    ASSERT_TRUE(directory) << directory.error().text;
    directory_ = std::move(*directory);
  }
  void write(const std::string& name, const std::string& content) const {
    std::ofstream(path_ + "/" + name) << content;
  }
  [[nodiscard]] Files files(const std::string& folder = "") const {
    Files found;
    for (const auto& entry : fs::directory_iterator(path_ + "/" + folder)) {
      std::ifstream file(entry.path());
      if (!entry.is_directory()) found[entry.path().filename()] = {std::istreambuf_iterator<char>(file), {}};
    }
    return found;
  }

  const std::string path_ = root_ + "/data";
  std::unique_ptr<Directory> directory_;
  Files journal_;
};

TEST_F(SettingAside, MovesTheWholeJournalAndNothingElseIntoADataDirectoryOfItsOwn) {
  ASSERT_EQ(last_generation(*directory_).value_or(0), 4U);
  ASSERT_EQ(directory_->begin_generation(4).value_or(0), 5U);
  const auto aside = set_journal_aside(*directory_, 5);
  ASSERT_TRUE(aside) << aside.error().text;
  ASSERT_TRUE(*aside);
  EXPECT_EQ((*aside)->folder, path_ + "/set-aside-0000000005");
  EXPECT_EQ((*aside)->files, journal_.size());
  Files there = files("set-aside-0000000005");
  EXPECT_EQ(there.count("limpet.id"), 1U);
  there.erase("limpet.id");
  EXPECT_EQ(there, journal_);
  const Files left = files();
  EXPECT_EQ(left.size(), 4U);  // limpet.id, limpet.lock, limpet.fence, 5.titles
  EXPECT_EQ(left.count("5.titles"), 1U);
  EXPECT_EQ(last_generation(*directory_).value_or(9), 0U);
}

TEST_F(SettingAside, OfNoJournalMakesNoFolder) {
  ASSERT_TRUE(directory_->begin_generation(4));
  ASSERT_TRUE(*set_journal_aside(*directory_, 5));
  const auto again = set_journal_aside(*directory_, 6);
  ASSERT_TRUE(again);
  EXPECT_FALSE(*again);
  EXPECT_FALSE(fs::exists(path_ + "/set-aside-0000000006"));
}

// As far as any number of files had been moved, in any order.
TEST_F(SettingAside, ThatDidNotGetToItsEndIsTakenBackWhole) {
  std::vector<std::string> names;
  for (const auto& [name, content] : journal_) names.push_back(name);
  for (std::size_t moved = 0; moved <= names.size(); ++moved) {
    const std::string folder = path_ + "/set-aside-0000000005.unfinished";
    fs::create_directory(folder);
    fs::copy_file(path_ + "/limpet.id", folder + "/limpet.id");
    for (std::size_t at = 0; at < moved; ++at) fs::rename(path_ + "/" + names[at], folder + "/" + names[at]);
    reopen();
    EXPECT_EQ(take_back(*directory_).value_or(99), moved);
    EXPECT_FALSE(fs::exists(folder));
    const Files all = files();
    for (const auto& [name, content] : journal_) EXPECT_EQ(all.at(name), content) << moved;
  }
}

TEST_F(SettingAside, IsNotDoneByARunThatHasLostTheDirectory) {
  ASSERT_TRUE(directory_->begin_generation(4));
  write("limpet.fence", "generation 9\nnonce 1\nhost there\npid 1\n");
  const auto aside = set_journal_aside(*directory_, 5);
  ASSERT_FALSE(aside);
  EXPECT_THAT(aside.error().text, HasSubstr("was taken over"));
}

TEST_F(SettingAside, RefusesAJournalOfANewerFormat) {
  std::string head = journal_.at("0000000004-000-00000002.journal");
  head[8] = 99;
  write("0000000004-000-00000002.journal", head);
  const auto last = last_generation(*directory_);
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().code, Code::refused);
  EXPECT_THAT(last.error().text, HasSubstr("has format 99"));
}

class Reserved : public FolderTest {
 protected:
  [[nodiscard]] std::uint64_t kept() const {
    struct ::stat facts {};
    return ::stat((root_ + "/" + kReserveName).c_str(), &facts) == 0
               ? static_cast<std::uint64_t>(facts.st_blocks) * 512
               : 0;
  }
};

TEST_F(Reserved, RoomIsKeptOnceAStartIsOverAndGivenToTheNextThatNeedsIt) {
  Reserve first(root_);
  EXPECT_FALSE(first.spend());
  first.settle();
  EXPECT_GE(kept(), kStartRoomBytes);
  EXPECT_FALSE(first.spend()) << "what runs leaves it to the next start";
  EXPECT_FALSE(first.spent());

  Reserve next(root_);
  EXPECT_TRUE(next.spend());
  EXPECT_EQ(kept(), 0U);
  EXPECT_TRUE(next.spent());
  EXPECT_FALSE(next.spend());
  next.settle();
  EXPECT_GE(kept(), kStartRoomBytes);
}

}  // namespace
}  // namespace limpet::disk
