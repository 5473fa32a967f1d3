#include <gtest/gtest.h>

#include <limpet/base/term.hpp>

namespace limpet {
namespace {

constexpr std::int64_t kNow = 1'800'000'000'000;  // 2027

TEST(Term, OfAClaimCanBeAndOneOfAnotherCenturyCannot) {
  constexpr std::int64_t kYearMs = 31'557'600'000;
  const auto claimed_at = [](std::int64_t unix_ms) {
    return Term{static_cast<std::uint64_t>(unix_ms) << kClaimTimeShift, 0};
  };
  EXPECT_TRUE(can_be({0, 0}, kNow));
  EXPECT_TRUE(can_be({5, 4'000'000'000}, kNow));
  EXPECT_TRUE(can_be(claimed_at(kNow), kNow));
  EXPECT_TRUE(can_be(claimed_at(kNow + kYearMs), kNow)) << "clocks differ";
  EXPECT_FALSE(can_be(claimed_at(kNow + 11 * kYearMs), kNow));
  EXPECT_FALSE(can_be({std::uint64_t{1} << 63U, 0}, kNow));
  EXPECT_FALSE(can_be({~std::uint64_t{0}, 0}, kNow));
}

TEST(Term, ClocksThatAreNotSetRefuseNoOrdinaryClaim) {
  EXPECT_TRUE(can_be({static_cast<std::uint64_t>(kNow) << kClaimTimeShift, 0}, 0));
  EXPECT_FALSE(can_be({~std::uint64_t{0}, 0}, 0));
  EXPECT_FALSE(can_be({~std::uint64_t{0}, 0}, ~std::uint64_t{0} >> 1U))
      << "nor does one that runs wild believe all";
}

}  // namespace
}  // namespace limpet
