#include "journal_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limpet/store/store.hpp>

namespace limpet::client {
namespace {

using journal::Check;
using journal::FileCheck;
using journal::Finding;
using store::Effect;
using store::EffectView;
using ::testing::HasSubstr;

EffectView effect(Effect kind, std::string_view key, std::string_view name = {},
                  std::string_view value = {}) {
  EffectView made;
  made.kind = kind;
  made.key = key;
  made.name = name;
  made.value = value;
  made.expires_unix_ms = kNoExpiry;
  return made;
}
std::string line(const EffectView& of, std::size_t max = 200) {
  return effect_line({"f.journal", 64}, {.slot = 5, .sequence = 9}, of, max);
}

TEST(DumpLine, SaysWhereAndWhat) {
  EXPECT_EQ(line(effect(Effect::put_string, "k", "", "a\r\n\xff")),
            "f.journal 64 5 9 put_string \"k\" \"a\\r\\n\\xff\"\n");
  EXPECT_THAT(line(effect(Effect::put_field, "h", "n", "v")), HasSubstr("put_field \"h\" \"n\" \"v\"\n"));
  EXPECT_THAT(line(effect(Effect::rename, "a", "b")), HasSubstr("rename \"a\" to \"b\"\n"));
  EXPECT_THAT(line(effect(Effect::set_expiry, "a")), HasSubstr("set_expiry \"a\" never\n"));
  EXPECT_THAT(line(effect(Effect::clear, "")), HasSubstr(" clear\n"));
  EffectView timed = effect(Effect::set_expiry, "a");
  timed.expires_unix_ms = 1'000;
  EXPECT_THAT(line(timed), HasSubstr("set_expiry \"a\" until 1970-01-01T00:00:01.000Z\n"));
}

TEST(DumpLine, CutsWhatIsLong) {
  const std::string value(300, 'v');
  EXPECT_THAT(line(effect(Effect::put_string, "k", "", value), 10),
              HasSubstr("\"vvvvvvvvvv\"... (300 bytes)\n"));
  EXPECT_THAT(line(effect(Effect::put_string, "k", "", value), 300), HasSubstr('"' + value + "\"\n"));
}

TEST(DumpLine, IsOfAKeyIfItMayHaveMadeItWhatItIs) {
  const KeyRef key = KeyRef::of("cart:{u}");
  EXPECT_TRUE(concerns(effect(Effect::put_string, "cart:{u}"), key));
  EXPECT_FALSE(concerns(effect(Effect::put_string, "u"), key));
  EXPECT_TRUE(concerns(effect(Effect::rename, "cart:{u}", "x{u}"), key));
  EXPECT_TRUE(concerns(effect(Effect::rename, "x{u}", "cart:{u}"), key));
  EXPECT_TRUE(concerns(effect(Effect::erase_session, "u"), key));
  EXPECT_FALSE(concerns(effect(Effect::erase_session, "v"), key));
  EXPECT_TRUE(concerns(effect(Effect::clear, ""), key));
}

TEST(DumpLine, TimesAreReadableWhereTheyCanBe) {
  EXPECT_EQ(utc_text(4'102'444'800'123), "2100-01-01T00:00:00.123Z");
  EXPECT_EQ(utc_text(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(utc_text(253'402'300'799'999), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(utc_text(253'402'300'800'000), "253402300800000 ms");
  EXPECT_EQ(utc_text(-5), "-5 ms");
}

TEST(CheckText, SlotsAreToldAsRanges) {
  EXPECT_EQ(slots_text({3}), "3");
  EXPECT_EQ(slots_text({3, 4, 5, 9, 11, 12}), "3-5, 9, 11-12");
  std::vector<Slot> many;
  for (Slot slot = 0; slot < 100; slot = static_cast<Slot>(slot + 2)) many.push_back(slot);
  EXPECT_THAT(slots_text(many), HasSubstr(", 78 and 10 more"));
}

Check one_file() {
  FileCheck file;
  file.name = "a.journal";
  file.header = journal::SegmentHeader{.stream = {.generation = 2, .shard = 1}, .shards = 3, .number = 4};
  file.bytes = 100;
  file.records = 7;
  Check check;
  check.files.push_back(file);
  check.generations = 2;
  check.changes = 6;
  return check;
}

TEST(CheckText, ShowsEveryFileAndWhatItComesTo) {
  EXPECT_EQ(check_text(one_file(), "n1"),
            "FILE       KIND     GENERATION   SHARD  NUMBER  RECORDS  BYTES  STATE\n"
            "a.journal  journal           2  1 of 3       4        7    100  ok\n"
            "\n"
            "n1: 1 files, 100 bytes, 7 records, 6 changes; the last run is generation 2\n"
            "sound\n");
}

TEST(CheckText, ATornEndIsNamedAndSound) {
  Check check = one_file();
  check.files[0].findings.push_back({Finding::Kind::cut_off, "a.journal", 90, "cut off"});
  EXPECT_THAT(check_text(check, "n1"), HasSubstr("torn end at 90\n"));
  EXPECT_THAT(check_text(check, "n1"), HasSubstr("a.journal, offset 90: cut off\n"));
  EXPECT_THAT(check_text(check, "n1"), HasSubstr("\nsound\n"));
}

TEST(CheckText, DamageIsToldWithWhatWouldBeLost) {
  Check check = one_file();
  check.files[0].findings.push_back(
      {Finding::Kind::damage, "a.journal", 64, "a change of slot 7 is damaged"});
  check.damaged = {7};
  check.changes_lost = 3;
  check.keys_lost = 2;
  const std::string text = check_text(check, "n1");
  EXPECT_THAT(text, HasSubstr("damaged at 64\n"));
  EXPECT_THAT(text, HasSubstr("a.journal, offset 64: a change of slot 7 is damaged\n"));
  EXPECT_THAT(text, HasSubstr("damaged: slots 7\n1 of 16384 slots"));
  EXPECT_THAT(text, HasSubstr("3 changes that can still be read, which name 2 keys"));
}

TEST(CheckText, AFileWithoutAHeaderAndARefusedOneAreTold) {
  Check check = one_file();
  check.files[0].header.reset();
  check.refusals.push_back("a.journal has format 2");
  EXPECT_THAT(check_text(check, "n1"), HasSubstr("a.journal     -           -"));
  EXPECT_THAT(check_text(check, "n1"), HasSubstr("a.journal has format 2\n"));
  EXPECT_THAT(check_text(check, "n1"), HasSubstr("cannot be read by this version"));
}

}  // namespace
}  // namespace limpet::client
