// Who goes when one more comes to the admin address.
#include "admin_places.hpp"

#include <gtest/gtest.h>

#include "loopback_names.hpp"

namespace limpet::node {
namespace {

TEST(AdminPlaces, TheOldestGoesAndNeverWhoComes) {
  AdminPlaces places;
  AdminPlaces::Number number = 0;
  while (number < kAdminConnectionsMax) EXPECT_EQ(places.enter(++number, "10.0.0.1"), std::nullopt);
  EXPECT_EQ(places.enter(++number, "10.0.0.1"), 1u);
  EXPECT_EQ(places.enter(++number, "10.0.0.1"), 2u);
  places.leave(3);
  EXPECT_EQ(places.enter(++number, "10.0.0.1"), std::nullopt);
}

TEST(AdminPlaces, WhoHasItsAnswerGoesFirst) {
  AdminPlaces places;
  AdminPlaces::Number number = 0;
  while (number < kAdminConnectionsMax) EXPECT_EQ(places.enter(++number, "10.0.0.1"), std::nullopt);
  places.answered(7);
  EXPECT_EQ(places.enter(++number, "10.0.0.1"), 7u);
}

TEST(AdminPlaces, WhoHasMostGivesWayToTheOthers) {
  AdminPlaces places;
  EXPECT_EQ(places.enter(1, "10.0.0.9"), std::nullopt);  // a health check, before all others
  AdminPlaces::Number number = 1;
  while (number < 10 * kAdminConnectionsMax) {
    const auto goes = places.enter(++number, "10.0.0.1");
    EXPECT_NE(goes, 1u);
  }
  EXPECT_NE(places.enter(++number, "10.0.0.9"), 1u);
}

TEST(LoopbackNames, ANameThatMeansThisHostAloneIsWarnedOf) {
  const std::string warning = loopback_warning("peer", {"web1", 7701}, "127.0.1.1:7701");
  EXPECT_NE(warning.find("peer web1:7701 is 127.0.1.1:7701 here"), std::string::npos) << warning;
  EXPECT_NE(warning.find("/etc/hosts"), std::string::npos);
}

TEST(LoopbackNames, WhatSaysLoopbackMeansIt) {
  for (const char* host : {"127.0.0.1", "127.0.1.1", "::1", "localhost", "LOCALHOST", "a.localhost"})
    EXPECT_EQ(loopback_warning("peer", {host, 7701}, "127.0.0.1:7701"), "") << host;
}

}  // namespace
}  // namespace limpet::node
