// Orders: what an operator tells a node to do: CLUSTER RELOAD, CHECK, DRAIN, UNDRAIN and CLAIM.
//
// All but the last concern the node as a whole, so they go out as effects, and are answered when it has done
// them. A claim is the shards' own business: each takes the slots that the cluster file gives it and a node
// that is gone holds. It is answered once their titles are written.
//
//     begin()  ->  a Step for whoever wires it  ->  take() or claim()  ->  ...  ->  answers()
//
// It owns the orders and claims that are under way, and reaches no client, link or other node. Owned by
// Commands, on its thread; what it is given by reference outlives it.
#pragma once

#include <cstdint>
#include <limpet/base/bytes.hpp>
#include <limpet/base/numbered.hpp>
#include <limpet/base/result.hpp>
#include <limpet/base/time.hpp>
#include <limpet/clients/client.hpp>
#include <limpet/command/command.hpp>
#include <limpet/ownership/claims.hpp>
#include <limpet/ownership/node_directory.hpp>
#include <limpet/ownership/ownership.hpp>
#include <limpet/resp/reply.hpp>
#include <limpet/traffic/config.hpp>
#include <limpet/traffic/effects.hpp>
#include <limpet/wide/names.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet::wide {

// CLUSTER RELOAD, CHECK, DRAIN or UNDRAIN; nothing: it is something else.
[[nodiscard]] std::optional<Order::Kind> order_of(command::Builtin builtin);

class Orders {
 public:
  // What is to be done for a client's order.
  struct Step {
    enum class Kind : std::uint8_t {
      refuse,     // `error` is the reply
      take,       // take() it: this node does `order`
      forward,    // the order goes to `node`
      ask_nodes,  // all nodes do it
    };
    Kind kind = Kind::refuse;
    std::string error{};
    Order::Kind order = Order::Kind::reload;
    NodeIndex node = 0;
    bool writes = false;   // it changes something where it is done
    std::size_t args = 0;  // so many of the request's are passed on
  };
  // To whoever gave an order.
  struct Answer {
    Origin origin;
    Bytes reply;
  };

  Orders(const ShardConfig& config, const std::shared_ptr<const cluster::View>& view,
         const ShardTunables& tunables, const Now& now, ownership::Ownership& ownership, Effects& effects)
      : config_(config),
        view_(view),
        tunables_(tunables),
        now_(now),
        ownership_(ownership),
        effects_(effects) {}

  [[nodiscard]] Step begin(const Client& client, const command::Execution& does, command::Args args,
                           const ownership::NodeDirectory& nodes) const;

  // ---- Of the node as a whole ----
  void take(Order::Kind kind, const Origin& origin, resp::Version version);
  // The node has done what the ticket is for. Nothing: nobody waits for that.
  [[nodiscard]] std::optional<Answer> done(std::uint64_t ticket, const Result<std::string>& outcome);

  // ---- The slots of a node that is gone ----
  // A refusal; nothing: slots are taken, and who asked is among answers() once their titles are written.
  [[nodiscard]] std::optional<Answer> claim(std::string_view name, const Origin& origin,
                                            resp::Version version, const ownership::NodeDirectory& nodes);
  // The title of a slot is on the disk, or is not, for now or for good.
  void written(Slot slot) { claims_.written(slot); }
  void not_written(Slot slot) { claims_.not_written(slot); }
  // Of the claims that have come to their end.
  [[nodiscard]] bool has_answers() const { return claims_.has_done(now_); }
  [[nodiscard]] std::vector<Answer> answers();

 private:
  [[nodiscard]] bool may_order(const Client& client) const;
  [[nodiscard]] Step begin_reload(Order::Kind order, command::Args args) const;
  [[nodiscard]] Step begin_drain(Order::Kind order, command::Args args) const;
  void note_claim(std::string_view name, const ownership::Ownership::Claimed& claimed);

  const ShardConfig& config_;
  const std::shared_ptr<const cluster::View>& view_;
  const ShardTunables& tunables_;
  const Now& now_;
  ownership::Ownership& ownership_;
  Effects& effects_;                                  // orders go out, and lines for the log
  Numbered<std::pair<Origin, resp::Version>> given_;  // who gave them; by ticket
  ownership::Claims claims_;
};

}  // namespace limpet::wide
