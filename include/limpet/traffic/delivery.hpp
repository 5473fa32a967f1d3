// Delivery: the way of an answer to whoever asked: a client, a gather, another shard, another node, the
// hand-overs.
//
// Each answer says how much of the stream of changes it shows: its own changes, or for a read the last change
// of its slot (engine/durability.hpp). A client whose replies show more than is safe keeps all of them, and
// is not parsed on meanwhile; an answer to anybody else waits in a queue. So a shard never waits for a disk,
// and who reads what nobody writes does not either.
//
// Whatever is kept for whoever asked until then is charged to him here. Nothing else follows from within:
// what does stands with the machines that get the answer. Owned by a shard, on its thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limpet/base/bytes.hpp>
#include <limpet/base/client_memory.hpp>
#include <limpet/base/lsn.hpp>
#include <limpet/base/time.hpp>
#include <limpet/clients/clients.hpp>
#include <limpet/engine/durability.hpp>
#include <limpet/forward/forwarder.hpp>
#include <limpet/forward/gated_replies.hpp>
#include <limpet/gather/gathers.hpp>
#include <limpet/links/peers.hpp>
#include <limpet/links/siblings.hpp>
#include <limpet/peer/frame.hpp>
#include <limpet/reports/stats.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::traffic {

class Delivery {
 public:
  // What became of a question of the hand-overs.
  struct HandoffAnswer {
    std::uint64_t question = 0;
    peer::Outcome outcome = peer::Outcome::unavailable;
    Bytes body;
  };

  Delivery(const engine::Durability& durability, const Now& now, ClientMemory& memory,
           clients::Clients& clients, links::Peers& peers, links::Siblings& siblings,
           gather::Gathers& gathers, forward::Forwarder& forwarder, reports::Counters& counters)
      : durability_(durability),
        now_(now),
        memory_(memory),
        clients_(clients),
        peers_(peers),
        siblings_(siblings),
        gathers_(gathers),
        forwarder_(forwarder),
        counters_(counters) {}

  // Gives an answer to whoever asked, once the journal is safe up to `needs`, and gives back what whoever
  // asked was charged for it (charge()).
  void deliver(const forward::Origin& origin, peer::Outcome outcome, std::string_view body, Lsn needs = 0,
               std::size_t charged = 0);
  // The client or the node that has asked for something.
  [[nodiscard]] bool is_there(StreamId asker) const;
  // A part of a gather, which waits for what it shows as a whole.
  void part_done(const forward::Origin& part, peer::Outcome outcome, std::string_view body, Lsn lsn = 0);

  // ---- To clients of this shard ----
  // A reply that comes later has its place; it is delivered to that.
  [[nodiscard]] forward::Origin await(clients::Client& client) {
    return {.kind = forward::Origin::Kind::client, .stream = client.id, .place = clients_.await(client)};
  }
  // An error is the reply.
  void refuse(clients::Client& client, std::string_view error);
  // The same: the slot or node that the command needs is not there.
  void refuse_unserved(clients::Client& client, std::string_view error);

  // ---- What is safe ----
  [[nodiscard]] Lsn safe() const { return durability_.safe(); }
  // More may be safe than before: what waited for that leaves.
  void release();
  // Nothing more will be, for this reason: nobody is told that what waits is on the disk.
  void fail(const std::string& why);
  // The same, of what stands there in the stream; the rest may be. REQUIRES: what is safe before has left.
  void doubt(Lsn behind, Lsn up_to, std::string_view why);
  [[nodiscard]] bool none_waits() const { return gated_.empty(); }

  // ---- What is kept for whoever asked ----
  // Returns how much was charged, to be given back. 0: nobody is known.
  [[nodiscard]] std::size_t charge(const forward::Origin& origin, std::size_t bytes);
  [[nodiscard]] std::size_t charge(clients::Client& client, std::size_t bytes) {
    memory_.charge(ClientMemory::Whose::client, client.memory, bytes);
    return bytes;
  }
  void give_back(const forward::Origin& origin, std::size_t charged);

  // Bytes of answers, to whomever, since the start: links::Quantum goes by them.
  [[nodiscard]] const std::uint64_t& delivered() const { return delivered_; }
  // To be emptied by its user.
  [[nodiscard]] std::vector<HandoffAnswer>& handoff_answers() { return handoff_answers_; }

 private:
  void defer(const forward::Origin& origin, peer::Outcome outcome, std::string_view body, Lsn needs);
  // `client`: null if it is gone.
  void give_back(clients::Client* client, std::size_t charged);
  void deliver_to_client(clients::Client* client, const forward::Origin& origin, peer::Outcome outcome,
                         std::string_view body);

  const engine::Durability& durability_;
  const Now& now_;
  ClientMemory& memory_;
  clients::Clients& clients_;
  links::Peers& peers_;
  links::Siblings& siblings_;
  gather::Gathers& gathers_;
  forward::Forwarder& forwarder_;
  reports::Counters& counters_;
  forward::GatedReplies gated_;
  struct Doubted {
    Lsn behind = 0;
    Lsn up_to = 0;
    std::string why{};
  };
  [[nodiscard]] const Doubted* doubted(Lsn needs) const;
  std::deque<Doubted> doubted_;  // the last of them: answers that show it may come late
  std::uint64_t delivered_ = 0;
  std::vector<HandoffAnswer> handoff_answers_;
};

}  // namespace limpet::traffic
