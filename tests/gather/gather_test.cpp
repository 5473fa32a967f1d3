// How the replies of parts become one.
#include "gather.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "merge.hpp"
#include "roll_answers.hpp"
#include "walk.hpp"

namespace limpet::gather {
namespace {

Gather gather_of(std::initializer_list<std::string_view> replies,
                 command::Merge merge = command::Merge::sum) {
  Gather gather(Head{.merge = merge});
  for (const std::string_view reply : replies) gather.parts.emplace_back().reply.append(reply);
  return gather;
}

std::string merged(const Gather& gather) {
  Bytes out;
  resp::ReplyWriter reply(out, resp::Version::resp2);
  gather.merge(reply);
  return std::string(out.view());
}

TEST(Gather, SumsIntegers) { EXPECT_EQ(merged(gather_of({":1\r\n", ":0\r\n", ":41\r\n"})), ":42\r\n"); }

TEST(Gather, PutsElementsBackInTheOrderOfTheKeys) {
  Gather gather = gather_of({"*2\r\n$1\r\na\r\n$-1\r\n", "*1\r\n$1\r\nb\r\n"}, command::Merge::gather);
  gather.part_of_key = {0, 1, 0};
  EXPECT_EQ(merged(gather), "*3\r\n$1\r\na\r\n$1\r\nb\r\n$-1\r\n");
}

TEST(Gather, AnErrorOfAPartIsTheErrorOfTheWhole) {
  EXPECT_EQ(gather_of({":1\r\n", "-OOM full\r\n"}).failure(), "OOM full");
  EXPECT_EQ(gather_of({":1\r\n", ":2\r\n"}).failure(), "");
}

TEST(Gather, AWriteOfWhichAPartMayHaveRunIsInDoubt) {
  Gather gather = gather_of({":1\r\n", "CLUSTERDOWN node n2"});
  gather.parts[1].outcome = peer::Outcome::unavailable;
  EXPECT_EQ(gather.failure(), "CLUSTERDOWN node n2") << "a read did nothing";
  gather.head.write = true;
  EXPECT_EQ(gather.failure().rfind("INDOUBT", 0), 0U);
}

TEST(Gather, AWriteOfWhichNoPartRanDidNotHappen) {
  Gather gather = gather_of({"CLUSTERDOWN node n2", "CLUSTERDOWN node n3"});
  for (Part& part : gather.parts) part.outcome = peer::Outcome::unavailable;
  gather.head.write = true;
  EXPECT_EQ(gather.failure(), "CLUSTERDOWN node n2");
}

// ---- Commands about all keys ----

TEST(Gather, AnAnswerForSlotsThatOthersHaveAnsweredForDoesNotCount) {
  Gather gather = gather_of({roll_answer(slots(0, 60), ":3\r\n"), roll_answer(slots(50, 70), ":5\r\n")});
  gather.roll_call = std::make_unique<RollCall>(SlotSet::all(), 0);
  gather.take_roll_answers();
  EXPECT_EQ(gather.roll_call->missing(), slots(60, kSlots));
  gather.parts.emplace_back().reply.append(roll_answer(slots(60, kSlots), ":8\r\n"));
  gather.take_roll_answers();
  EXPECT_TRUE(gather.roll_call->complete());
  EXPECT_EQ(merged(gather), ":11\r\n");
}

TEST(Gather, WhatIsNoAnswerToARollCallIsAnError) {
  Gather gather = gather_of({":3\r\n"});
  gather.roll_call = std::make_unique<RollCall>(SlotSet::all(), 0);
  gather.take_roll_answers();
  EXPECT_NE(gather.failure(), "");
}

// ---- SCAN ----

// A part of SCAN that has got to this slot, and answers for those of `of` before it.
std::string scan_part(std::string_view slot, std::string_view position, const SlotSet& of,
                      std::initializer_list<std::string_view> keys, std::size_t from = 0) {
  Bytes out;
  resp::ReplyWriter reply(out, resp::Version::resp2);
  reply.array(3 + keys.size());
  reply.bulk(slot);
  reply.bulk(position);
  reply.bulk(of.bytes(from));
  for (const std::string_view key : keys) reply.bulk(key);
  return std::string(out.view());
}

struct Scan {
  Gather gather;
  ScanWindow window;
  [[nodiscard]] ScanReach reach() const { return reach_of_all(gather.parts, window); }
};

Scan scan_of(std::initializer_list<std::string_view> parts, std::uint64_t from = 0) {
  return {gather_of(parts, command::Merge::scan), {from, kSlots}};
}

using Keys = std::vector<std::string_view>;

TEST(Gather, ScanHasGotAsFarAsThePartThatGotLeastFar) {
  // The first part stopped in slot 5000, the second was through.
  const std::string first = scan_part("5000", "7", slots(0, 3'500), {"b"});
  const std::string second = scan_part("16384", "0", slots(3'500, kSlots), {"foo", "bar"});
  const Scan scan = scan_of({first, second});
  const ScanReach reach = scan.reach();
  EXPECT_EQ(reach.slot, 5000U);
  EXPECT_EQ(reach.position, 7U);
  // foo (12182) and bar (5061) stand behind slot 5000: they will be found again. b is 3300.
  EXPECT_EQ(scan_keys(scan.gather.parts, scan.window, reach), Keys{"b"});
}

TEST(Gather, ScanGetsNoFurtherThanToASlotThatNobodyAnswersFor) {
  const std::string first = scan_part("5000", "7", slots(0, 3'300), {"b"});
  const std::string second = scan_part("16384", "0", slots(3'301, kSlots), {"foo", "bar"});
  const Scan scan = scan_of({first, second});
  const ScanReach reach = scan.reach();
  EXPECT_EQ(reach.slot, 3'300U);
  EXPECT_EQ(reach.position, 0U);
  EXPECT_EQ(scan_keys(scan.gather.parts, scan.window, reach), Keys{});
}

TEST(Gather, ShardsOfANodeNeedNotAnswerForTheSlotsOfOthers) {
  const std::string only = scan_part("5000", "7", slots(100, 200), {"b"}, 100);
  const Scan scan = scan_of({only}, 100);
  EXPECT_EQ(reach_on_node(scan.gather.parts, scan.window).slot, 5000U);
  Bytes out;
  resp::ReplyWriter reply(out, resp::Version::resp2);
  merge_scan(scan.gather.parts, scan.window, reply);
  EXPECT_EQ(scan_of({out.view()}, 100).reach().slot, 200U);
}

TEST(Gather, WhatANodeMakesUpOfAScanDoesNoHarm) {
  for (const std::string& part :
       {std::string(":1\r\n"), std::string("*0\r\n"), scan_part("99999999", "5", {}, {}),
        scan_part("0", "x", {}, {"b"}), std::string("*3\r\n$1\r\n7\r\n$1\r\n0\r\n:5\r\n")}) {
    EXPECT_EQ(scan_of({part}, 100).reach().slot, 100U) << part;
  }
}

}  // namespace
}  // namespace limpet::gather
