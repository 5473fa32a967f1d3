// What a tool says of journal files is what a start would say, and names what stands where.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limpet/journal/check.hpp>
#include <limpet/journal/walk.hpp>
#include <limpet/journal/writer.hpp>
#include <limpet/store/store.hpp>

namespace limpet::journal {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A journal file of one shard: five changes of slots 1, 2, 1, 2, 3, and a mark.
class Checked : public ::testing::Test {
 protected:
  Checked() : bytes_(made()) {}

  std::string made() {
    Writer writer(header_.nonce);
    offsets_.clear();
    Bytes head;
    append_header(head, header_);
    std::string bytes(head.view());
    for (const auto& [slot, key] : {std::pair{1, "a"}, {2, "b"}, {1, "c"}, {2, "b"}, {3, "d"}}) {
      offsets_.push_back(bytes.size());
      writer.change_of(static_cast<Slot>(slot)).put_string(key, "value", kNoExpiry);
      bytes += writer.take().view();
    }
    offsets_.push_back(bytes.size());
    writer.mark(writer.position());
    bytes += writer.take().view();
    return bytes;
  }

  [[nodiscard]] Check checked(std::uint64_t base = 0) const {
    return check({{.name = file_name(header_), .bytes = bytes_}}, base);
  }
  // "+OFFSET" of a record, "-OFFSET:BYTES" of what is none.
  [[nodiscard]] std::vector<std::string> walked() const {
    std::vector<std::string> steps;
    walk(bytes_, header_, [&](const WalkStep& step) {
      steps.push_back((step.whole ? "+" : "-") + std::to_string(step.offset) +
                      (step.whole ? "" : ":" + std::to_string(step.bytes)));
      return true;
    });
    return steps;
  }
  [[nodiscard]] std::string at(std::size_t record) const { return std::to_string(offsets_[record]); }

  SegmentHeader header_{.stream = {.generation = 4, .shard = 0}, .number = 1, .nonce = 77};
  std::vector<std::size_t> offsets_;
  std::string bytes_;
};

TEST_F(Checked, WholeFilesAreSound) {
  const Check found = checked();
  EXPECT_TRUE(found.sound());
  ASSERT_EQ(found.files.size(), 1U);
  EXPECT_EQ(found.files[0].records, 6U);
  EXPECT_EQ(found.files[0].bytes, bytes_.size());
  EXPECT_EQ(found.files[0].header->stream.generation, 4U);
  EXPECT_EQ(found.changes, 5U);
  EXPECT_EQ(found.generations, 4U);
}

TEST_F(Checked, AWalkVisitsEveryRecordUntilItIsToldToEnd) {
  EXPECT_THAT(walked(),
              ElementsAre("+" + at(0), "+" + at(1), "+" + at(2), "+" + at(3), "+" + at(4), "+" + at(5)));
  int visits = 0;
  walk(bytes_, header_, [&](const WalkStep&) { return ++visits < 2; });
  EXPECT_EQ(visits, 2);
}

TEST_F(Checked, AWalkGoesOnBehindABrokenBodyAndBehindABrokenHead) {
  bytes_[offsets_[1] + kRecordHeadBytes] ^= 1;
  bytes_[offsets_[3]] ^= 1;
  const std::size_t second = offsets_[2] - offsets_[1];
  const std::size_t fourth = offsets_[4] - offsets_[3];
  EXPECT_THAT(walked(), ElementsAre("+" + at(0), "-" + at(1) + ":" + std::to_string(second), "+" + at(2),
                                    "-" + at(3) + ":" + std::to_string(fourth), "+" + at(4), "+" + at(5)));
}

TEST_F(Checked, ATornEndIsSound) {
  bytes_.resize(bytes_.size() - 3);
  const Check found = checked();
  EXPECT_TRUE(found.sound());
  ASSERT_EQ(found.files[0].findings.size(), 1U);
  EXPECT_EQ(found.files[0].findings[0].kind, Finding::Kind::cut_off);
  EXPECT_EQ(found.files[0].findings[0].offset, offsets_[5]);
}

TEST_F(Checked, ADamagedSlotIsNamedWithWhatWouldGoWithIt) {
  bytes_[offsets_[2] + kRecordHeadBytes] ^= 1;
  const Check found = checked();
  EXPECT_FALSE(found.sound());
  EXPECT_THAT(found.damaged, ElementsAre(1));
  EXPECT_EQ(found.changes_lost, 1U) << "the one before it";
  EXPECT_EQ(found.keys_lost, 1U);
  EXPECT_EQ(found.files[0].findings[0].offset, offsets_[2]);
}

TEST_F(Checked, AKeyIsCountedOnceHoweverOftenItChanged) {
  bytes_[16] ^= 1;  // of the header: anything may be missing
  const std::string whole = made();
  const Check found = check({{.name = "broken", .bytes = bytes_}, {.name = "whole", .bytes = whole}}, 0);
  EXPECT_EQ(found.damaged.size(), kSlots);
  EXPECT_FALSE(found.files[0].header);
  EXPECT_EQ(found.changes_lost, 5U);
  EXPECT_EQ(found.keys_lost, 4U);
}

TEST_F(Checked, AMissingSnapshotIsDamageOfNoOneFile) {
  const Check found = checked(4);
  EXPECT_FALSE(found.sound());
  EXPECT_THAT(found.files[0].findings, IsEmpty());
  EXPECT_EQ(found.findings.size(), 1U);
}

TEST_F(Checked, ANewerFormatIsRefused) {
  bytes_[8] = 3;
  const Check found = checked();
  EXPECT_FALSE(found.sound());
  EXPECT_EQ(found.refusals.size(), 1U);
}

}  // namespace
}  // namespace limpet::journal
