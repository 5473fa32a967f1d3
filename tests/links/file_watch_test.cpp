#include <gtest/gtest.h>

#include <limpet/links/file_watch.hpp>

namespace limpet::links {
namespace {

class FileWatchTest : public ::testing::Test {
 protected:
  FileWatchTest() {
    mine_.epoch = theirs_.epoch = 7;
    mine_.content_digest = theirs_.content_digest = 1;
  }
  [[nodiscard]] auto compare() const { return FileWatch::compare(mine_, "n2", theirs_); }

  cluster::View mine_;
  peer::Standing theirs_;
};

TEST_F(FileWatchTest, OfANodeThatRunsTheSameFileNothingIsSaid) { EXPECT_EQ(compare(), std::nullopt); }

TEST_F(FileWatchTest, AnotherEpochIsAWarning) {
  theirs_.epoch = 6;
  const auto line = compare();
  ASSERT_TRUE(line.has_value());
  EXPECT_EQ(line->level, NoteLevel::warning);
  EXPECT_EQ(line->text,
            "node n2 runs epoch 6 of the cluster file, this node epoch 7: give all nodes the same file");
}

TEST_F(FileWatchTest, AnotherFileAtTheSameEpochIsAnError) {
  theirs_.content_digest = 2;
  const auto line = compare();
  ASSERT_TRUE(line.has_value());
  EXPECT_EQ(line->level, NoteLevel::error);
}

TEST(FileWatch, NodesHaveAWhileToReadANewFileAndAreComparedOnce) {
  FileWatch watch;
  EXPECT_FALSE(watch.is_due({1'000'000, 0})) << "nothing has changed";
  watch.changed({1'000, 0});
  watch.changed({2'000, 0});
  EXPECT_FALSE(watch.is_due({1'000 + kFileLagMs, 0})) << "counted from the last change";
  EXPECT_TRUE(watch.is_due({2'000 + kFileLagMs, 0}));
  EXPECT_FALSE(watch.is_due({9'000 + kFileLagMs, 0}));
}

}  // namespace
}  // namespace limpet::links
