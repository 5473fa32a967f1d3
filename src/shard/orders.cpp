// What an operator tells a node to do: CLUSTER RELOAD, CHECK, DRAIN and CLAIM.
//
// All but the last concern the node as a whole, so they go out as orders and are answered when it has done
// them. A claim is the shards' own business: each takes the slots that the cluster file gives it and a node
// that is gone holds.
#include "orders.hpp"

#include <algorithm>
#include <limpet/base/text.hpp>
#include <utility>

#include "core.hpp"

namespace limpet::shard {

namespace {

// Somebody who is in no file and holds slots still. A node that begins anew may not know of it.
std::string unlisted_holder(const cluster::View& view, const KnownOwners& owners) {
  for (NodeIndex node = 0; node < view.nodes.size(); ++node) {
    if (!view.nodes[node].listed && owners.heard_of(node) > 0) return view.nodes[node].name;
  }
  return {};
}

}  // namespace

// Without a password anybody who can connect could empty a node; whoever is on this host could stop it
// anyway.
bool Core::may_order(const Client& client) const {
  return !tunables_.password.empty() || client.origin.of_this_host;
}

bool Core::cluster_order(Client& client, const command::Execution& does, Args args) {
  if (!client.replies.empty()) return false;
  if (!may_order(client)) {
    reply_error(client,
                "NOPERM without a password, commands that change the cluster are taken from clients of this "
                "host alone");
    return true;
  }
  const auto order = order_of(does.builtin);
  if (!order) return order_claim(client, does, args);
  const bool concerns_file = order == Order::Kind::reload || order == Order::Kind::check;
  return concerns_file ? order_reload(client, does, args) : order_drain(client, *order, args);
}

// RELOAD, and CHECK, which tells what it would do.
bool Core::order_reload(Client& client, const command::Execution& does, Args args) {
  const bool all = args.size() > 2;
  if (args.size() > 3 || (all && !equals_ignore_case(args[2], "all"))) {
    reply_error(client, "ERR syntax error: CLUSTER RELOAD|CHECK [ALL]");
    return true;
  }
  const Order::Kind order = *order_of(does.builtin);
  if (all) {
    gather_nodes(client, does, order == Order::Kind::reload, args.first(2));
    return true;
  }
  const Origin origin = keep_place(client);
  client.replies.set_barrier();
  take_order(order, origin, client.version);
  return true;
}

// DRAIN, and UNDRAIN, which ends it.
bool Core::order_drain(Client& client, Order::Kind order, Args args) {
  if (args.size() > 3) {
    reply_error(client, "ERR syntax error: CLUSTER DRAIN|UNDRAIN [node]");
    return true;
  }
  const auto node = args.size() == 3 ? view_->find(args[2]) : std::optional(config_.self);
  if (!node) {
    reply_error(client, "ERR there is no node " + printable(args[2]) + " in this cluster");
    return true;
  }
  if (!ownership_.moves_slots()) {
    reply_error(client, "ERR this node is in no cluster, so nobody could take its sessions");
    return true;
  }
  const Origin origin = keep_place(client);
  client.replies.set_barrier();
  if (*node == config_.self) {
    take_order(order, origin, client.version);
  } else {
    const peer::Request request = first_hop(Reach::node, client.version, true);
    forward({Route::Kind::peer, *node}, kNoSlot, origin, request, args.first(2), true);
  }
  return true;
}

bool Core::order_claim(Client& client, const command::Execution& does, Args args) {
  if (const std::string why = why_no_claim(args[2], true); !why.empty()) {
    reply_error(client, "ERR " + why);
    return true;
  }
  gather_nodes(client, does, true, args);
  return true;
}

// ---- Of the node as a whole ----

void Core::take_order(Order::Kind kind, const Origin& origin, resp::Version version) {
  effects_.orders.push_back({kind, orders_.add({origin, version})});
}

void Core::ordered(std::uint64_t ticket, const Result<std::string>& outcome) {
  const auto given = orders_.take(ticket);
  if (!given) return;
  const auto& [origin, version] = *given;
  Bytes text;
  ReplyWriter reply(text, version);
  outcome ? reply.bulk(*outcome) : reply.error("ERR " + outcome.error().text);
  deliver(origin, Outcome::done, text.view());
}

// ---- The slots of a node that is gone ----

// It has begun anew with an empty disk: it is there, and what it held before is gone.
bool Core::begins_anew(NodeIndex node) const {
  if (node == config_.self) return ownership_.begins_anew();
  const Link& link = *links_[node];
  return link.informed() && link.theirs().fresh;
}

// Why its slots cannot be claimed, as far as this shard knows; empty: they can. `asked`: this is the node
// that has all others claim.
std::string Core::why_no_claim(std::string_view name, bool asked) const {
  if (!ownership_.moves_slots()) return "this node is in no cluster";
  const auto gone = view_->find(name);
  if (!gone) return "there is no node " + printable(name) + " in this cluster";
  const cluster::Node& node = view_->nodes[*gone];
  const std::string who = "node " + node.name;
  const bool anew = begins_anew(*gone);
  if (*gone == config_.self && (asked || !anew))
    return who + " is the one that answers here; ask another one";
  if (!anew && node.listed && node.state != cluster::NodeState::down) {
    return "by the cluster file " + who +
           " is to hold its slots itself; write state = \"down\" for it, or remove it, or start it with an "
           "empty data directory if it is to begin anew";
  }
  if (const std::string other = unlisted_holder(*view_, ownership_.known());
      anew && asked && !other.empty() && other != name) {
    return "node " + other +
           ", which is in no cluster file, holds slots still: wait until it has given them away";
  }
  const ownership::NodeDirectory nodes = this->nodes();
  for (NodeIndex at = 0; at < nodes.size(); ++at) {
    if (nodes.is_self(at)) continue;
    const cluster::Node& other = view_->nodes[at];
    const ownership::NodeRow& row = nodes.row(at);
    if (at == *gone && !anew) {
      if (row.linked) return who + " answers; it gives its slots away by itself";
      continue;
    }
    if (!other.listed || other.state == cluster::NodeState::down) continue;
    // Only who has said what it holds and by which file it goes will not be robbed, and not claim the same.
    if (!row.informed) return "node " + other.name + " has to be heard of first: " + row.why_not;
    if (!row.runs(*view_)) {
      return "node " + other.name + " runs another cluster file (epoch " + std::to_string(row.says.epoch) +
             ")";
    }
  }
  return {};
}

void Core::claim_from(std::string_view name, const Origin& origin, resp::Version version) {
  if (const std::string why = why_no_claim(name, false); !why.empty()) {
    Bytes refusal;
    ReplyWriter(refusal, version).error("ERR node " + view_->nodes[config_.self].name + ": " + why);
    return deliver(origin, Outcome::done, refusal.view());
  }
  const NodeIndex gone = *view_->find(name);
  const ownership::NodeDirectory nodes = this->nodes();
  bool all_heard = true;
  for (NodeIndex node = 0; node < nodes.size(); ++node)
    all_heard = all_heard && (nodes.is_self(node) || node == gone || nodes.row(node).informed);
  const ownership::Ownership::Claimed claimed = ownership_.claim(gone, all_heard, now_);
  if (!claimed.taken.empty()) {
    note(Note::Level::warning,
         "shard " + std::to_string(config_.index) + " takes " + std::to_string(claimed.taken.size()) +
             " slots of node " + printable(name) + ", which an operator has declared gone: " +
             (claimed.whole == 0
                  ? "they begin empty"
                  : std::to_string(claimed.whole) + " of them were still here as a whole and go on with what "
                                                    "they had, the others begin empty"));
  }
  Claims::Claim claim{.origin = origin, .version = version};
  claim.writing = {claimed.taken.begin(), claimed.taken.end()};
  claim.missed = claimed.missed;
  claim.until_ms = now_.steady_ms + tunables_.forward_timeout_ms;
  claims_.begin(std::move(claim));
}

void Core::answer_claims() {
  for (const Claims::Claim& claim : claims_.take_done(now_)) {
    Bytes text;
    ReplyWriter reply(text, claim.version);
    if (claim.missed > 0) {
      reply.error("ERR node " + view_->nodes[config_.self].name + ": " + std::to_string(claim.missed) +
                  " slots could not be taken now, " + std::to_string(claim.taken) +
                  " others were: claim again in a moment, and look at its log if that does not help");
    } else {
      reply.integer(claim.taken);
    }
    deliver(claim.origin, Outcome::done, text.view());
  }
}

}  // namespace limpet::shard
