// What a node says of the cluster, of a key and of itself.
#include <gtest/gtest.h>

#include <limpet/reports/cluster.hpp>
#include <string>

namespace limpet::reports {
namespace {

// Two nodes that share the slots, and one that is down.
cluster::View view_of_three() {
  cluster::View view;
  view.epoch = 7;
  view.nodes.resize(3);
  for (std::size_t i = 0; i < 3; ++i) {
    view.nodes[i].name = "n" + std::to_string(i);
    view.nodes[i].client = {"10.0.0." + std::to_string(i), 7379};
    view.nodes[i].listed = true;
  }
  view.nodes[2].state = cluster::NodeState::down;
  return view;
}

template <class Write>
std::string reply(Write write) {
  Bytes out;
  resp::ReplyWriter writer(out, resp::Version::resp2);
  write(writer);
  return std::string(out.view());
}

bool says(const std::string& reply, const std::string& name, const std::string& value) {
  const std::string field = "$" + std::to_string(name.size()) + "\r\n" + name + "\r\n";
  return reply.find(field + "$" + std::to_string(value.size()) + "\r\n" + value + "\r\n") !=
         std::string::npos;
}

TEST(ClusterInfo, IsOkWhereAllThatCountsIsReached) {
  const std::string text = cluster_info(view_of_three(), {.nodes_up = 2, .slots_assigned = kSlots});
  EXPECT_NE(text.find("cluster_state:ok\r\n"), std::string::npos);
  EXPECT_NE(text.find("cluster_known_nodes:2\r\n"), std::string::npos) << "one is down by the file";
  EXPECT_NE(text.find("cluster_current_epoch:7\r\n"), std::string::npos);
}

TEST(ClusterInfo, FailsWhereANodeOrASlotIsOutOfReach) {
  const auto state = [](const Reachability& reach) { return cluster_info(view_of_three(), reach); };
  EXPECT_NE(state({.nodes_up = 1, .slots_assigned = kSlots}).find("cluster_state:fail"), std::string::npos);
  const std::string text = state({.nodes_up = 2, .slots_assigned = 100, .slots_unreachable = 30});
  EXPECT_NE(text.find("cluster_state:fail"), std::string::npos);
  EXPECT_NE(text.find("cluster_slots_ok:70\r\n"), std::string::npos);
  EXPECT_NE(text.find("cluster_slots_fail:30\r\n"), std::string::npos);
}

TEST(NodeId, IsTheSameForTheSameName) {
  EXPECT_EQ(node_id("n1").size(), 40U);
  EXPECT_EQ(node_id("n1"), node_id("n1"));
  EXPECT_NE(node_id("n1"), node_id("n2"));
}

std::string where(const cluster::View& view, const Whereabouts& at) {
  return reply([&](resp::ReplyWriter& writer) { reply_where("cart:{u42}", view, at, writer); });
}

TEST(ClusterWhere, SaysWhoHoldsAKeyAndWhy) {
  cluster::View view = view_of_three();
  view.placement.fill(1);
  const std::string there = where(view, {.owner = 1, .self = 0});
  EXPECT_TRUE(says(there, "uid", "u42"));
  EXPECT_TRUE(says(there, "owner", "n1"));
  EXPECT_TRUE(says(there, "address", "10.0.0.1:7379"));
  EXPECT_TRUE(says(there, "state", "up"));
  EXPECT_NE(there.find("the uid is what stands in the first {...} of the key"), std::string::npos);
  EXPECT_NE(where(view, {.owner = 1, .self = 1}).find(", the node that you asked"), std::string::npos);
  const std::string moving = where(view, {.owner = 0, .owner_is_silent = true, .self = 1});
  EXPECT_NE(moving.find("until it has moved there, n0 holds it"), std::string::npos);
  EXPECT_TRUE(says(moving, "state", "unreachable"));
}

TEST(ClusterWhere, OfASlotOfNobodySaysSo) {
  cluster::View view = view_of_three();
  view.placement.fill(ring::kNobody);
  const std::string nobody = where(view, {.owner = ring::kNobody});
  EXPECT_TRUE(says(nobody, "owner", ""));
  EXPECT_TRUE(says(nobody, "state", "nobody's"));
}

TEST(ClusterStatus, OfASilentNodeSaysWhatIsKnown) {
  const cluster::View view = view_of_three();
  const std::string silent = reply([&](resp::ReplyWriter& writer) {
    reply_silent_status(view.nodes[1], "no answer", {.slots = 5}, writer);
  });
  EXPECT_TRUE(says(silent, "name", "n1"));
  EXPECT_TRUE(says(silent, "state", "unreachable"));
  EXPECT_TRUE(says(silent, "error", "no answer"));
  EXPECT_EQ(silent.find("sessions"), std::string::npos) << "it has never said how many";
  const std::string down = reply([&](resp::ReplyWriter& writer) {
    reply_silent_status(view.nodes[2], "", {.slots = 0, .sessions = 3}, writer);
  });
  EXPECT_TRUE(says(down, "state", "down"));
  EXPECT_NE(down.find("sessions"), std::string::npos);
}

}  // namespace
}  // namespace limpet::reports
