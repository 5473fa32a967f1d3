// Directories as limpet 0.1.0 left them (of_0_1, of a node that had slots of its own, had given some away and
// was promised others) are read and upgraded by a start, wherever that start is broken off.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limpet/disk/title_file.hpp>

#include "a_folder.hpp"

namespace limpet::disk {
namespace {

using handoff::SlotTitle;
using handoff::Title;
using handoff::TitleBook;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

struct Count {
  std::size_t own = 0;
  std::size_t ceded = 0;
  std::size_t promised = 0;
  friend bool operator==(const Count&, const Count&) = default;
};

Count count(const TitleBook& book) {
  const auto how_many = [&](auto is) {
    return static_cast<std::size_t>(std::count_if(book.titles().begin(), book.titles().end(), is));
  };
  return {how_many([](const SlotTitle& title) { return handoff::owns(title); }),
          how_many([](const SlotTitle& title) { return title.title.kind == Title::Kind::ceded; }),
          how_many([](const SlotTitle& title) { return title.promise.has_value(); })};
}

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class OldTitles : public FolderTest {
 protected:
  // As 0.1.0 left it.
  void put(const std::string& which) {
    fs::remove_all(data_);
    fs::create_directories(data_);
    for (const fs::directory_entry& file : fs::directory_iterator(fs::path(LIMPET_OLD_TITLES) / which)) {
      fs::copy_file(file.path(), fs::path(data_) / file.path().filename());
    }
  }
  Result<TitleBook> start() {
    const auto directory = Directory::open(data_, {"e2e", "n1"});
    if (!directory) return tl::unexpected(directory.error());
    const auto generation = (*directory)->begin_generation(0);
    if (!generation) return tl::unexpected(generation.error());
    generation_ = *generation;
    const auto file = TitleFile::open(**directory, *generation, 99);
    if (!file) return tl::unexpected(file.error());
    return (*file)->book();
  }
  [[nodiscard]] std::string path_of(std::uint64_t generation) const {
    return data_ + "/" + std::to_string(generation) + ".titles";
  }

  const std::string data_ = root_ + "/data";
  std::uint64_t generation_ = 0;
};

TEST_F(OldTitles, OfANodeThatWasStoppedAreTheSameWithoutARestart) {
  put("clean");
  const auto book = start();
  ASSERT_TRUE(book) << book.error().text;
  EXPECT_EQ(count(*book), (Count{33, 20, 0}));
  EXPECT_EQ(book->epoch(), 2U);
  EXPECT_EQ(book->names(), (std::vector<std::string>{"n1", "n2", "n3"}));
  EXPECT_EQ(book->boot(), handoff::boot_id(2, 99));
  for (const SlotTitle& slot : book->titles()) {
    if (handoff::owns(slot)) {
      EXPECT_EQ(slot.title.term, Term{1});
    }
    if (slot.title.kind != Title::Kind::ceded) continue;
    EXPECT_EQ(slot.title.term, Term{2});
    EXPECT_EQ(slot.title.migration.boot, handoff::boot_id(1, 0)) << "a boot of 0.1.0 had no random part";
  }
}

TEST_F(OldTitles, OfANodeThatWasKilledHaveOneRestartAndTheirPromises) {
  put("unclean");
  const auto book = start();
  ASSERT_TRUE(book) << book.error().text;
  EXPECT_EQ(count(*book), (Count{33, 20, 8}));
  for (const SlotTitle& slot : book->titles()) {
    if (handoff::owns(slot)) {
      EXPECT_EQ(slot.title.term, (Term{1, 1}));
    }
    if (!slot.promise) continue;
    EXPECT_EQ(slot.promise->term.restarts, 0U);
    EXPECT_EQ(slot.promise->migration.boot, handoff::boot_id(2, 0))
        << "as its source knows it after its own upgrade";
  }
}

TEST_F(OldTitles, AreThereWhereverTheirUpgradeIsBrokenOff) {
  for (const bool clean : {true, false}) {
    const std::string which = clean ? "clean" : "unclean";
    put(which);
    ASSERT_TRUE(start());
    const std::uint64_t first = generation_;
    const std::string upgraded = bytes_of(path_of(first));
    ASSERT_FALSE(fs::exists(path_of(first - 1)));
    const Count expected{33, 20, clean ? 0U : 8U};
    // The new file is written beside the old one under another name, of any length so far.
    for (std::size_t length = 0; length <= upgraded.size(); length += 97) {
      put(which);
      std::ofstream(path_of(first) + ".new", std::ios::binary) << upgraded.substr(0, length);
      const auto book = start();
      ASSERT_TRUE(book) << length << ": " << book.error().text;
      ASSERT_EQ(count(*book), expected) << length;
    }
    // It has its name, and the old one is still there.
    put(which);
    {
      const auto directory = Directory::open(data_, {"e2e", "n1"});
      ASSERT_TRUE(directory && (*directory)->begin_generation(0));
    }
    std::ofstream(path_of(first), std::ios::binary) << upgraded;
    const auto book = start();
    ASSERT_TRUE(book) << book.error().text;
    EXPECT_EQ(count(*book), expected);
    EXPECT_FALSE(fs::exists(path_of(first - 1)) || fs::exists(path_of(first)));
  }
}

TEST_F(OldTitles, OfALaterReleaseAreRefusedByTheirFormat) {
  put("clean");
  std::string bytes = bytes_of(path_of(1));
  bytes[8] = 3;
  std::ofstream(path_of(1), std::ios::binary) << bytes;
  const auto book = start();
  ASSERT_FALSE(book);
  EXPECT_THAT(book.error().text,
              HasSubstr(path_of(1) + ": is of format 3, and this limpetd knows formats 1 to 2"));
}

}  // namespace
}  // namespace limpet::disk
