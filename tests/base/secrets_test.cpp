#include <gtest/gtest.h>

#include <limpet/base/secrets.hpp>
#include <string>
#include <vector>

namespace limpet {
namespace {

TEST(Secrets, AreComparedWhole) {
  EXPECT_TRUE(same_secret("abc", "abc"));
  EXPECT_FALSE(same_secret("abc", "abd"));
  EXPECT_FALSE(same_secret("abc", "abcd"));
  EXPECT_TRUE(same_secret("", ""));
}

TEST(Secrets, AcceptEachOfTheirs) {
  const Secrets two(std::vector<std::string>{"new", "old"});
  EXPECT_TRUE(two.accept("new"));
  EXPECT_TRUE(two.accept("old"));
  EXPECT_FALSE(two.accept("newold"));
  EXPECT_FALSE(two.accept(""));
}

TEST(Secrets, OfWhichThereIsNoneAcceptAnything) {
  EXPECT_TRUE(Secrets().accept("whatever"));
  EXPECT_TRUE(Secrets().accept(""));
}

}  // namespace
}  // namespace limpet
