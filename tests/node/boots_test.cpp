#include "boots.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace limpet::node {
namespace {

using handoff::boot_id;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class BootBookTest : public ::testing::Test {
 protected:
  std::vector<std::pair<std::string, std::uint64_t>> kept_;
  BootBook book_{
      "n1", boot_id(4, 7), false, {{"n2", boot_id(9, 1)}}, [this](std::string_view node, std::uint64_t boot) {
        kept_.emplace_back(node, boot);
      }};
};

TEST_F(BootBookTest, KeepsTheHighestOfEachNodeAndTellsIt) {
  EXPECT_EQ(book_.runs("n2", boot_id(9, 1)), "");
  EXPECT_EQ(book_.runs("n2", boot_id(10, 0)), "");
  EXPECT_EQ(book_.runs("n3", boot_id(1, 5)), "");
  EXPECT_EQ(book_.has_run("n3", boot_id(2, 5), "n2"), "");
  EXPECT_THAT(kept_, ElementsAre(std::pair("n2", boot_id(10, 0)), std::pair("n3", boot_id(1, 5)),
                                 std::pair("n3", boot_id(2, 5))));
  EXPECT_THAT(book_.all(), ElementsAre(std::pair("n2", boot_id(10, 0)), std::pair("n3", boot_id(2, 5))));
}

TEST_F(BootBookTest, SaysOnceThatTheDiskOfAnotherNodeIsOld) {
  EXPECT_THAT(book_.runs("n2", boot_id(5, 3)), HasSubstr("node n2 was heard of at its start number 9"));
  EXPECT_EQ(book_.runs("n2", boot_id(5, 3)), "") << "the other shards need not say it, too";
  EXPECT_THAT(book_.runs("n2", boot_id(9, 2)), HasSubstr("number 9: its data directory is an old copy"))
      << "a copy of the last start: the random part tells";
  EXPECT_TRUE(kept_.empty());
}

TEST_F(BootBookTest, SaysOnceThatTheDiskOfThisNodeIsOld) {
  EXPECT_EQ(book_.has_run("n1", boot_id(3, 1), "n2"), "");
  EXPECT_EQ(book_.has_run("n1", boot_id(4, 7), "n2"), "");
  EXPECT_THAT(book_.has_run("n1", boot_id(4, 8), "n2"), HasSubstr("node n2 has heard of start number 4"));
  EXPECT_THAT(book_.has_run("n1", boot_id(12, 0), "n2"), HasSubstr("it is an old copy"));
  EXPECT_EQ(book_.has_run("n1", boot_id(12, 0), "n3"), "");
}

TEST_F(BootBookTest, KeepsThatThisNodeHasRunWithAnotherDisk) {
  EXPECT_EQ(book_.has_run("n1", boot_id(3, 1), "n2"), "");
  EXPECT_FALSE(book_.ran_elsewhere()) << "that may have been with this one";
  EXPECT_NE(book_.has_run("n1", boot_id(5, 1), "n2"), "");
  EXPECT_TRUE(book_.ran_elsewhere());
  BootBook later("n1", boot_id(6, 0), false, {kept_.begin(), kept_.end()}, {});
  EXPECT_TRUE(later.ran_elsewhere()) << "though it counts higher by now";
}

TEST(BootBookOfAnEmptyDisk, SaysThatItIsNewAndNotOld) {
  BootBook book("n1", boot_id(1, 1), true, {}, [](std::string_view, std::uint64_t) {});
  const std::string said = book.has_run("n1", boot_id(1, 9), "n2");
  EXPECT_THAT(said, HasSubstr("this one is new"));
  EXPECT_EQ(said.find("old"), std::string::npos) << said;
  EXPECT_TRUE(book.ran_elsewhere());
}

}  // namespace
}  // namespace limpet::node
