// Wires over pairs of sockets: what a call says has become of it.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <limpet/net/wire.hpp>
#include <string>

namespace limpet::net {
namespace {

class WireTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::array<int, 2> sockets{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets.data()), 0);
    here_ = Wire(Descriptor(sockets[0]));
    there_ = Wire(Descriptor(sockets[1]));
  }

  Wire here_;
  Wire there_;
  std::array<char, 8> room_{};
};

TEST_F(WireTest, AReadThatFillsItsRoomSaysThatThereMayBeMoreAndAShortOneDoesNot) {
  EXPECT_EQ(there_.write("0123456789").bytes, 10U);
  const Io full = here_.read(room_);
  EXPECT_EQ(full.state, Io::State::moved);
  EXPECT_EQ(std::string(room_.data(), full.bytes), "01234567");
  EXPECT_TRUE(full.more);
  const Io rest = here_.read(room_);
  EXPECT_EQ(std::string(room_.data(), rest.bytes), "89");
  EXPECT_FALSE(rest.more);
}

TEST_F(WireTest, AReadOfNothingWantsBytes) { EXPECT_EQ(here_.read(room_).state, Io::State::want_read); }

TEST_F(WireTest, AWriteWantsRoomOnceTheOtherSideReadsNoMore) {
  const std::string much(1 << 16, 'x');
  Io io;
  do io = here_.write(much);
  while (io.state == Io::State::moved);
  EXPECT_EQ(io.state, Io::State::want_write);
}

TEST_F(WireTest, WhatIsShutStillReads) {
  EXPECT_EQ(there_.write("last").bytes, 4U);
  EXPECT_EQ(here_.shut().state, Io::State::moved);
  EXPECT_EQ(there_.read(room_).state, Io::State::ended);
  EXPECT_EQ(here_.read(room_).bytes, 4U);
}

TEST_F(WireTest, AWriteToASocketThatIsGoneFailsWithItsReason) {
  there_.close();
  const Io io = here_.write("lost");
  EXPECT_EQ(io.state, Io::State::failed);
  EXPECT_EQ(io.error, EPIPE);
}

}  // namespace
}  // namespace limpet::net
