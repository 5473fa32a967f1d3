#include "gather.hpp"

#include <gtest/gtest.h>

#include <string>

namespace limpet::shard {
namespace {

Gather gather_of(std::initializer_list<std::string_view> replies) {
  Gather gather;
  for (const std::string_view reply : replies) gather.parts.emplace_back().reply.append(reply);
  return gather;
}

std::string merged(const Gather& gather, void (*merge)(const Gather&, resp::ReplyWriter&)) {
  Bytes out;
  resp::ReplyWriter reply(out, resp::Version::resp2);
  merge(gather, reply);
  return std::string(out.view());
}

TEST(Gather, SumsIntegers) {
  EXPECT_EQ(merged(gather_of({":1\r\n", ":0\r\n", ":41\r\n"}), merge_sum), ":42\r\n");
}

TEST(Gather, PutsElementsBackInTheOrderOfTheKeys) {
  Gather gather = gather_of({"*2\r\n$1\r\na\r\n$-1\r\n", "*1\r\n$1\r\nb\r\n"});
  gather.part_of_key = {0, 1, 0};
  EXPECT_EQ(merged(gather, merge_in_key_order), "*3\r\n$1\r\na\r\n$1\r\nb\r\n$-1\r\n");
}

TEST(Gather, AnErrorOfAPartIsTheErrorOfTheWhole) {
  EXPECT_EQ(error_of_parts(gather_of({":1\r\n", "-OOM full\r\n"})), "OOM full");
  EXPECT_EQ(error_of_parts(gather_of({":1\r\n", ":2\r\n"})), "");
}

TEST(Gather, AWriteOfWhichAPartMayHaveRunIsInDoubt) {
  Gather gather = gather_of({":1\r\n", "CLUSTERDOWN node n2"});
  gather.parts[1].outcome = peer::Outcome::unavailable;
  EXPECT_EQ(error_of_parts(gather), "CLUSTERDOWN node n2") << "a read did nothing";
  gather.write = true;
  EXPECT_EQ(error_of_parts(gather).rfind("INDOUBT", 0), 0U);
}

TEST(Gather, AWriteOfWhichNoPartRanDidNotHappen) {
  Gather gather = gather_of({"CLUSTERDOWN node n2", "CLUSTERDOWN node n3"});
  for (Gather::Part& part : gather.parts) part.outcome = peer::Outcome::unavailable;
  gather.write = true;
  EXPECT_EQ(error_of_parts(gather), "CLUSTERDOWN node n2");
}

TEST(Gather, ScanHasGotAsFarAsThePartThatGotLeastFar) {
  const std::string late = std::to_string(slot_of("b"));  // 3300
  // The first part stopped in slot 5000, the second was through.
  const Gather gather = gather_of({"*3\r\n$4\r\n5000\r\n$1\r\n7\r\n$1\r\nb\r\n",
                                   "*4\r\n$5\r\n16384\r\n$1\r\n0\r\n$3\r\nfoo\r\n$3\r\nbar\r\n"});
  Bytes out;
  resp::ReplyWriter reply(out, resp::Version::resp2);
  const ScanProgress progress = merge_scan(gather, reply);
  EXPECT_EQ(progress.slot, 5000U);
  EXPECT_EQ(progress.position, 7U);
  // foo (12182) and bar (5061) stand behind slot 5000: they will be found again.
  EXPECT_EQ(progress.keys, 1U) << late;
  EXPECT_EQ(out.view().substr(progress.keys_at), "$1\r\nb\r\n");
}

}  // namespace
}  // namespace limpet::shard
