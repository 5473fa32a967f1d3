#include <gtest/gtest.h>

#include <limpet/base/assert.hpp>

namespace limpet {
namespace {

TEST(Assert, LetsATrueConditionPass) { LIMPET_ASSERT(1 + 1 == 2); }

TEST(Assert, EvaluatesItsConditionOnce) {
  int calls = 0;
  LIMPET_ASSERT(++calls == 1);
  EXPECT_EQ(calls, 1);
}

TEST(AssertDeathTest, StopsTheProcessAndNamesConditionAndFileInEveryBuild) {
  const bool is_fine = false;
  EXPECT_DEATH(LIMPET_ASSERT(is_fine), "assert_test.cpp:[0-9]+: assertion failed: is_fine");
}

}  // namespace
}  // namespace limpet
