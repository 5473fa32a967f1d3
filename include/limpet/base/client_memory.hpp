// ClientMemory: the account of all that a shard keeps for clients: what they have sent and is not answered
// yet, what they are owed and have not read, the parts of their commands that are under way, and what is kept
// for nodes that ask on behalf of their own clients.
//
// It knows the sums, and from them how much one client may be owed, and who has to pay once it is too much.
// Each owner has an Account of its own; whoever keeps something charges it, and gives it back. What was
// charged to an owner that is gone is told apart until it is given back: nobody else pays for it.
//
// Clients and nodes are bounded apart: a node is not read from while it has its share, and all of them
// together have half of the bound at most. So what others ask for never costs a client of this node its
// place.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limpet/base/limits.hpp>
#include <vector>

namespace limpet {

class ClientMemory {
 public:
  struct Account {
    std::size_t buffers = 0;  // its own, as last counted
    std::size_t charged = 0;  // by whoever keeps something for it
    [[nodiscard]] std::size_t kept() const { return buffers + charged; }
  };
  // A client of this node, or another node with all of its.
  enum class Whose : std::uint8_t { client, node };

  // 0: there is none.
  void set_bound(std::size_t bytes) {
    bound_ = bytes;
    never_exhausted_ = bytes == 0 ? ~std::size_t{0} : bytes / 2;
  }

  void count(Whose whose, Account& account, std::size_t buffers) {
    sum(whose) += buffers - account.buffers;
    account.buffers = buffers;
  }
  void charge(Whose whose, Account& account, std::size_t bytes) {
    sum(whose) += bytes;
    account.charged += bytes;
  }
  // `account`: null if its owner is gone.
  void give_back(Whose whose, Account* account, std::size_t bytes) {
    if (account == nullptr) {
      orphans_ -= bytes;
      return;
    }
    sum(whose) -= bytes;
    account->charged -= bytes;
  }
  // Its owner goes. What was charged is given back later, one by one.
  void close(Whose whose, Account& account) {
    sum(whose) -= account.kept();
    orphans_ += account.charged;
    account = {};
  }

  [[nodiscard]] std::size_t of_clients() const { return clients_; }
  [[nodiscard]] std::size_t of_nodes() const { return nodes_; }
  [[nodiscard]] std::size_t of_orphans() const { return orphans_; }
  [[nodiscard]] std::size_t total() const { return clients_ + nodes_ + orphans_; }

  [[nodiscard]] bool exhausted() const {
    return clients_ > never_exhausted_ && clients_ > room_for_clients();
  }
  // How much one client may be owed and have its next commands taken: half of what is left, so that there is
  // always some left for the next.
  [[nodiscard]] std::size_t allowance() const;
  // What may be kept for one of so many nodes.
  [[nodiscard]] std::size_t share(std::size_t nodes) const;
  // Is that kept for one of them? Asked for every request; what is no share for anybody is told at a glance.
  [[nodiscard]] bool is_share(std::size_t kept, std::size_t nodes) const {
    return kept >= kPeerShareMin && kept >= share(nodes);
  }
  // Those who have to go: the accounts with the most, until the rest fits.
  template <class Owner>
  [[nodiscard]] std::vector<Owner*> who_pays(std::vector<Owner*> owners) const {
    std::sort(owners.begin(), owners.end(),
              [](const Owner* a, const Owner* b) { return a->memory.kept() > b->memory.kept(); });
    std::size_t left = clients_;
    std::size_t count = 0;
    for (; count < owners.size() && left > room_for_clients(); ++count) {
      left -= std::min(left, owners[count]->memory.kept());
    }
    owners.resize(count);
    return owners;
  }

 private:
  [[nodiscard]] std::size_t& sum(Whose whose) { return whose == Whose::client ? clients_ : nodes_; }
  [[nodiscard]] std::size_t room_for_clients() const {
    return std::max(bound_ / 2, bound_ - std::min(bound_, nodes_ + orphans_));
  }

  std::size_t bound_ = 0;
  std::size_t never_exhausted_ = ~std::size_t{0};  // with so little: asked at the end of every event
  std::size_t clients_ = 0;
  std::size_t nodes_ = 0;
  std::size_t orphans_ = 0;
};

}  // namespace limpet
