#include <limpet/base/text.hpp>
#include <limpet/ownership/claim_rules.hpp>
#include <limpet/wide/orders.hpp>

namespace limpet::wide {

using resp::ReplyWriter;

namespace {

// RELOAD ALL, CHECK ALL: of every node.
constexpr std::string_view kAll = "all";

Orders::Step refuse(std::string error) {
  return {.kind = Orders::Step::Kind::refuse, .error = std::move(error)};
}

}  // namespace

std::optional<Order::Kind> order_of(command::Builtin builtin) {
  switch (builtin) {
    case command::Builtin::cluster_reload:
      return Order::Kind::reload;
    case command::Builtin::cluster_check:
      return Order::Kind::check;
    case command::Builtin::cluster_drain:
      return Order::Kind::leave;
    case command::Builtin::cluster_undrain:
      return Order::Kind::stay;
    default:
      return std::nullopt;
  }
}

// Without a password anybody who can connect could empty a node; whoever is on this host could stop it
// anyway.
bool Orders::may_order(const Client& client) const {
  return !tunables_.password.empty() || client.origin.of_this_host;
}

Orders::Step Orders::begin(const Client& client, const command::Execution& does, command::Args args,
                           const ownership::NodeDirectory& nodes) const {
  if (!may_order(client)) {
    return refuse(
        "NOPERM without a password, commands that change the cluster are taken from clients of this host "
        "alone");
  }
  if (const auto order = order_of(does.builtin)) {
    const bool concerns_file = *order == Order::Kind::reload || *order == Order::Kind::check;
    return concerns_file ? begin_reload(*order, args) : begin_drain(*order, args);
  }
  if (const std::string why = why_no_claim(*view_, nodes, ownership_, args[2], true); !why.empty()) {
    return refuse("ERR " + why);
  }
  return {.kind = Step::Kind::ask_nodes, .writes = true, .args = args.size()};
}

// RELOAD, and CHECK, which tells what it would do.
Orders::Step Orders::begin_reload(Order::Kind order, command::Args args) const {
  const bool all = args.size() > 2;
  if (args.size() > 3 || (all && !equals_ignore_case(args[2], kAll))) {
    return refuse("ERR syntax error: CLUSTER RELOAD|CHECK [ALL]");
  }
  if (all) return {.kind = Step::Kind::ask_nodes, .writes = order == Order::Kind::reload, .args = 2};
  return {.kind = Step::Kind::take, .order = order};
}

// DRAIN, and UNDRAIN, which ends it.
Orders::Step Orders::begin_drain(Order::Kind order, command::Args args) const {
  if (args.size() > 3) return refuse("ERR syntax error: CLUSTER DRAIN|UNDRAIN [node]");
  const auto node = args.size() == 3 ? view_->find(args[2]) : std::optional(config_.self);
  if (!node) return refuse("ERR there is no node " + printable(args[2]) + " in this cluster");
  if (!ownership_.moves_slots()) {
    return refuse("ERR this node is in no cluster, so nobody could take its sessions");
  }
  if (*node == config_.self) return {.kind = Step::Kind::take, .order = order};
  return {.kind = Step::Kind::forward, .node = *node, .writes = true, .args = 2};
}

// ---- Of the node as a whole ----

void Orders::take(Order::Kind kind, const Origin& origin, resp::Version version) {
  effects_.orders.push_back({kind, given_.add({origin, version})});
}

std::optional<Orders::Answer> Orders::done(std::uint64_t ticket, const Result<std::string>& outcome) {
  const auto given = given_.take(ticket);
  if (!given) return std::nullopt;
  Answer answer{.origin = given->first, .reply = {}};
  ReplyWriter reply(answer.reply, given->second);
  outcome ? reply.bulk(*outcome) : reply.error("ERR " + outcome.error().text);
  return answer;
}

// ---- The slots of a node that is gone ----

std::optional<Orders::Answer> Orders::claim(std::string_view name, const Origin& origin,
                                            resp::Version version, const ownership::NodeDirectory& nodes) {
  if (const std::string why = why_no_claim(*view_, nodes, ownership_, name, false); !why.empty()) {
    Answer refusal{.origin = origin, .reply = {}};
    ReplyWriter(refusal.reply, version).error("ERR node " + view_->nodes[config_.self].name + ": " + why);
    return refusal;
  }
  const NodeIndex gone = *view_->find(name);
  const auto claimed = ownership_.claim(gone, all_others_reported(nodes, gone), now_);
  if (!claimed.taken.empty()) note_claim(name, claimed);
  ownership::Claims::Claim claim{.ticket = given_.add({origin, version})};
  claim.writing = {claimed.taken.begin(), claimed.taken.end()};
  claim.missed = claimed.missed;
  claim.until_ms = now_.steady_ms + tunables_.forward_timeout_ms;
  claims_.begin(std::move(claim));
  return std::nullopt;
}

void Orders::note_claim(std::string_view name, const ownership::Ownership::Claimed& claimed) {
  std::string how;
  const auto say = [&how](std::int64_t slots, std::string_view what) {
    if (slots > 0) how += (how.empty() ? "" : ", ") + std::to_string(slots) + " " + std::string(what);
  };
  say(claimed.whole, "were still here as a whole and go on with what they had");
  say(claimed.copies, "go on with the copy that is here, without what it had not been sent");
  say(claimed.empty, "begin empty");
  effects_.notes.push_back({Note::Level::warning,
                            "shard " + std::to_string(config_.index) + " takes " +
                                std::to_string(claimed.taken.size()) + " slots of node " + printable(name) +
                                ", which an operator has declared gone: " + how,
                            {},
                            {}});
}

std::vector<Orders::Answer> Orders::answers() {
  std::vector<Answer> answers;
  for (const ownership::Claims::Claim& claim : claims_.take_done(now_)) {
    const auto given = given_.take(claim.ticket);
    Answer& answer = answers.emplace_back(Answer{.origin = given->first, .reply = {}});
    ReplyWriter reply(answer.reply, given->second);
    if (claim.missed > 0) {
      reply.error("ERR node " + view_->nodes[config_.self].name + ": " + std::to_string(claim.missed) +
                  " slots could not be taken now, " + std::to_string(claim.taken) +
                  " others were: claim again in a moment, and look at its log if that does not help");
    } else {
      reply.integer(claim.taken);
    }
  }
  return answers;
}

}  // namespace limpet::wide
