#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>
#include <limpet/peer/words.hpp>

namespace limpet::peer {
namespace {

TEST(Words, OfAPromiseTellWhatIsThereFromWhatIsNotKnownYet) {
  const auto heard = [](std::optional<LastChange> last) {
    std::string said;
    WordWriter words([&](std::string_view body) { said += body; });
    words.say_promised({.name = "n1", .term = {4, 2}, .last = last}, 3);
    words.flush();
    std::string_view rest = said;
    Section section;
    EXPECT_TRUE(take_section(rest, section));
    return section.last;
  };
  EXPECT_EQ(heard(std::nullopt), std::nullopt);
  EXPECT_EQ(heard(LastChange{}), LastChange{}) << "nothing was ever changed";
  EXPECT_EQ(heard(LastChange{{3, 0}, 14}), (LastChange{{3, 0}, 14}));
  EXPECT_EQ(heard(LastChange{.number = 14}), (LastChange{{4, 2}, 14})) << "before journals knew terms";
}

TEST(Words, AreReadAsTheyWereSaid) {
  std::string all;
  WordWriter words([&](std::string_view body) { all += body; });
  words.say(Said::holds, "", {5, 1}, 7);
  words.say(Said::holds, "", {5, 1}, 9);
  words.say(Said::knows, "n2", {6}, 8);
  words.say_boot("n3", 99);
  words.say_promised(
      {.name = "n1", .term = {4, 2}, .boot = 11, .attempt = 12, .bytes = 13, .last = LastChange{{4, 1}, 14}},
      3);
  words.flush();
  std::string_view rest = all;
  Section section;
  ASSERT_TRUE(take_section(rest, section));
  EXPECT_EQ(section.said, Said::boot);
  EXPECT_EQ(section.name, "n3");
  EXPECT_EQ(section.boot, 99U);
  ASSERT_TRUE(take_section(rest, section));
  EXPECT_EQ(section.said, Said::promised);
  EXPECT_EQ(section.slot(0), 3U);
  EXPECT_EQ(section.term, (Term{4, 2}));
  EXPECT_EQ(section.bytes, 13U);
  EXPECT_EQ(section.last->term, (Term{4, 1}));
  EXPECT_EQ(section.last->number, 14U);
  ASSERT_TRUE(take_section(rest, section));
  EXPECT_EQ(section.said, Said::holds);
  EXPECT_EQ(section.term, (Term{5, 1}));
  ASSERT_EQ(section.count(), 2U);
  EXPECT_EQ(section.slot(1), 9U);
  ASSERT_TRUE(take_section(rest, section));
  EXPECT_EQ(section.said, Said::knows);
  EXPECT_EQ(section.name, "n2");
  EXPECT_FALSE(take_section(rest, section));
  EXPECT_TRUE(rest.empty());
  // Cut anywhere, and a kind that there is not.
  for (std::size_t size = 0; size < all.size(); ++size) {
    std::string_view cut = std::string_view(all).substr(0, size);
    std::size_t whole = 0;
    while (take_section(cut, section)) ++whole;
    EXPECT_LT(whole, 4U);
  }
  all[0] = 77;
  rest = all;
  EXPECT_FALSE(take_section(rest, section));
}

TEST(Words, OfAllSlotsTakeFewBytesAndEachBodyFitsAFrame) {
  std::size_t bytes = 0;
  WordWriter words([&](std::string_view body) {
    EXPECT_LE(body.size(), kPieceBytes);
    bytes += body.size();
  });
  for (unsigned slot = 0; slot < kSlots; ++slot) {
    words.say(Said::knows, "n" + std::to_string(slot % 3), {1 + slot % 5}, static_cast<Slot>(slot));
  }
  words.flush();
  EXPECT_LT(bytes, kSlots * sizeof(Slot) + 1'000);
}

}  // namespace
}  // namespace limpet::peer
