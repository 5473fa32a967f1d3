#include <gtest/gtest.h>

#include <limpet/base/hash.hpp>
#include <string>

namespace limpet {
namespace {

// Placement and digests on running nodes depend on these bits. The first is XXH3's published value for no
// bytes.
TEST(Hash64, IsTheSameBitsInEveryVersion) {
  EXPECT_EQ(hash64(""), 0x2d06800538d394c2u);
  EXPECT_EQ(hash64("n1#0"), 5871587976277132463u);
  EXPECT_EQ(hash64("n1#0", 1), 2776251448669564005u);
  EXPECT_EQ(hash64(std::string(1000, 'x')), 13881368916332952194u);
}

TEST(Hash64, DependsOnEveryByteAndTheSeed) {
  EXPECT_NE(hash64("a"), hash64("b"));
  EXPECT_NE(hash64("a"), hash64(std::string_view("a\0", 2)));
  EXPECT_NE(hash64("a"), hash64("a", 1));
  EXPECT_EQ(hash64("a"), hash64("a", 0));
}

}  // namespace
}  // namespace limpet
