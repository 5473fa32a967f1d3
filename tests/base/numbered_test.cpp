#include <gtest/gtest.h>

#include <limpet/base/numbered.hpp>
#include <string>

namespace limpet {
namespace {

TEST(Numbered, EachIsTakenOnceAndNoNumberIsGivenTwice) {
  Numbered<std::string> kept;
  const std::uint64_t first = kept.add("a");
  const std::uint64_t second = kept.add("b");
  EXPECT_NE(first, 0U);
  EXPECT_EQ(kept.take(first), "a");
  EXPECT_EQ(kept.take(first), std::nullopt);
  EXPECT_GT(kept.add("c"), second);
  EXPECT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept.take(0), std::nullopt);
}

}  // namespace
}  // namespace limpet
