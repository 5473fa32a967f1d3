#include <gtest/gtest.h>

#include <limpet/base/client_memory.hpp>
#include <limpet/base/limits.hpp>

namespace limpet {
namespace {

using Whose = ClientMemory::Whose;

struct Owner {
  ClientMemory::Account memory;
};

class Memory : public ::testing::Test {
 protected:
  Memory() { memory_.set_bound(64_MiB); }
  void buffers(Owner& owner, std::size_t bytes) { memory_.count(Whose::client, owner.memory, bytes); }
  void charge(Owner& owner, std::size_t bytes) { memory_.charge(Whose::client, owner.memory, bytes); }

  ClientMemory memory_;
  Owner a_;
  Owner b_;
  Owner c_;
};

TEST_F(Memory, CountsBuffersAsTheyAreAndWhatIsChargedInSum) {
  buffers(a_, 1000);
  buffers(a_, 400);
  charge(a_, 50);
  charge(a_, 7);
  EXPECT_EQ(a_.memory.kept(), 457U);
  EXPECT_EQ(memory_.of_clients(), 457U);
  memory_.give_back(Whose::client, &a_.memory, 50);
  EXPECT_EQ(memory_.total(), 407U);
}

TEST_F(Memory, WhatAClientLeavesBehindIsNobodysUntilItIsGivenBack) {
  buffers(a_, 1000);
  charge(a_, 60_MiB);
  buffers(b_, 10_MiB);
  EXPECT_TRUE(memory_.exhausted());
  memory_.close(Whose::client, a_.memory);
  EXPECT_EQ(memory_.of_clients(), 10_MiB);
  EXPECT_EQ(memory_.of_orphans(), 60_MiB);
  EXPECT_FALSE(memory_.exhausted()) << "the other does not pay for it";
  memory_.give_back(Whose::client, nullptr, 60_MiB);
  EXPECT_EQ(memory_.total(), 10_MiB);
}

TEST_F(Memory, WhoHasTheMostPaysAndOnlyAsManyAsNeedBe) {
  buffers(a_, 3_MiB);
  buffers(b_, 40_MiB);
  charge(c_, 30_MiB);
  ASSERT_TRUE(memory_.exhausted());
  EXPECT_EQ(memory_.who_pays<Owner>({&a_, &b_, &c_}), std::vector<Owner*>{&b_});
  buffers(a_, 70_MiB);
  EXPECT_EQ(memory_.who_pays<Owner>({&a_, &b_, &c_}), (std::vector<Owner*>{&a_, &b_}));
}

TEST_F(Memory, OneClientMayBeOwedHalfOfWhatIsLeft) {
  EXPECT_EQ(memory_.allowance(), 32_MiB);
  buffers(a_, 32_MiB);
  EXPECT_EQ(memory_.allowance(), 16_MiB);
  buffers(b_, 40_MiB);
  EXPECT_EQ(memory_.allowance(), kOutputPauseBytes) << "never less than a client may have in any case";
  memory_.set_bound(0);
  EXPECT_EQ(memory_.allowance(), kOwedBytesMax);
  EXPECT_FALSE(memory_.exhausted());
}

TEST_F(Memory, WhatOtherNodesHaveCostsNoClientItsPlace) {
  Owner node;
  memory_.charge(Whose::node, node.memory, 500_MiB);
  buffers(a_, 30_MiB);
  EXPECT_FALSE(memory_.exhausted());
  buffers(a_, 33_MiB);
  EXPECT_TRUE(memory_.exhausted()) << "half of the bound is the clients', whatever nodes have";
  EXPECT_EQ(memory_.share(2), 16_MiB);
  EXPECT_EQ(memory_.share(1000), kPeerShareMin);
  memory_.set_bound(0);
  EXPECT_EQ(memory_.share(2), kLinkBytesMax);
}

}  // namespace
}  // namespace limpet
