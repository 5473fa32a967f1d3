// Clients: the client connections of a shard: who is there, what each has sent and is owed, and what all of
// that takes.
//
//     bytes --> intake() --> requests              (whoever takes them asks for one after the other)
//     reply(), await() .. complete() --> out       (in the order of the requests, whatever path each takes)
//     out --> the driver                           (not while it shows changes that are not safe)
//
// A client that cannot go on is stalled, and keeps what it has sent; wake() puts it in the queue of those
// that next_woken() hands out. What else its user is to do stands in lists that are to be emptied: streams
// for the driver to look at, lines for the log, clients that are given up on.
//
// Owned by a shard, on its thread. It knows no slot, no journal and no other node. Times are steady, in ms.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limpet/base/client_memory.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/base/lsn.hpp>
#include <limpet/base/rare_note.hpp>
#include <limpet/base/slab.hpp>
#include <limpet/base/time.hpp>
#include <limpet/clients/client.hpp>
#include <limpet/clients/intake.hpp>
#include <limpet/clients/replies.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::clients {

class Clients {
 public:
  // The numbers of clients are unique among so many shards. `dirty`: streams for the driver to look at.
  Clients(unsigned shards, unsigned shard, ClientMemory& memory, DirtyStreams& dirty)
      : memory_(memory), dirty_(dirty), shards_(shards), shard_(shard) {}
  ~Clients();
  Clients(const Clients&) = delete;
  Clients& operator=(const Clients&) = delete;

  // ---- They come and go ----
  Client& open(const ClientOrigin& origin, bool authenticated, Now now);
  // Null for one that is gone, and for what is no client.
  [[nodiscard]] Client* find(StreamId id) {
    return id.kind == StreamKind::client ? slab_.find({id.index, id.generation}) : nullptr;
  }
  // No command of it is taken any more; it is closed when all its replies have left.
  void end(Client& client, Lsn safe);
  // Its stream is gone, and so is it.
  void close(Client& client);
  [[nodiscard]] std::size_t size() const { return slab_.size(); }
  // In the order of their slots in the slab. `visit` gets a Client&.
  template <class Visit>
  void each(Visit visit) {
    slab_.each([&](auto, Client& client) { visit(client); });
  }
  template <class Visit>
  void each(Visit visit) const {
    slab_.each([&](auto, const Client& client) { visit(client); });
  }

  // ---- What they send ----
  // A turn of the client begins, in which requests are taken by intake(). `bytes`: what has come of it,
  // behind what is kept. REQUIRES: it is not ending.
  void begin_turn(Client& client, std::string_view bytes, Lsn safe);
  // What was not taken is kept for later. `last`: nothing more is taken of it than whole requests that it has
  // sent.
  void end_turn(Client& client, bool last, Lsn safe);
  [[nodiscard]] Intake& intake() { return intake_; }
  // May the client have one more request taken, or has it too much to read, or too much under way?
  [[nodiscard]] bool may_take(const Client& client) const {
    return owes_nothing(client) || may_take_more(client);
  }
  // The reason why it was stalled is gone.
  void wake(Client& client) {
    if (client.turn.queue()) woken_.push_back(client.id);
  }
  [[nodiscard]] bool has_woken() const { return !woken_.empty(); }
  // Those that were woken and are stalled still, one after the other; null: no more.
  [[nodiscard]] Client* next_woken() { return woken_.empty() ? nullptr : take_woken(); }

  // ---- What they are owed ----
  // A reply that is known now goes where it belongs, honouring order and CLIENT REPLY: calls write(Bytes&).
  template <class Write>
  void reply(Client& client, Write write) {
    if (client.reply_mode != ReplyMode::on) {
      mute_sink_.clear();
      write(mute_sink_);
      intake_.spend(mute_sink_.size());
      return;
    }
    if (client.replies.empty()) {
      write(client.out);
      return;
    }
    Bytes& out = client.replies.open(places_);
    const std::size_t before = out.size();
    write(out);
    client.replies.wrote(out.size() - before);
  }
  // Keeps the place of a reply that comes later.
  [[nodiscard]] Place* await(Client& client) {
    return client.replies.await(places_, client.reply_mode != ReplyMode::on);
  }
  // The reply is in its place. Too much that is not read: the client is broken, and closed.
  void complete(Client& client, Place* place, Lsn safe, Now now);
  // What it is sent from now on shows changes up to there: it leaves when they are safe.
  void gate(Client& client, Lsn lsn);
  // So much is safe now.
  void release(Lsn safe);
  // What stands there may never be: those whose output shows something up to there are aborted.
  void abort_gated(Lsn up_to);
  // The driver has written so much of its `out`.
  void written(Client& client, std::size_t bytes, Now now);

  // ---- Time, and what all of them take ----
  // Time has passed. `strangers_may_stay`: nobody has to say who he is. `idle_ms`: 0: for ever.
  void tick(bool strangers_may_stay, std::int64_t idle_ms, Lsn safe, Now now);
  // It has too much, or reads too little. Nothing is kept for it any more.
  void give_up_on(Client& client, const std::string& why, Now now);
  // All clients together have too much: those with the most pay.
  void shed(Now now);
  // What was needed for something large once is not kept for ever.
  void trim() { drop_large(mute_sink_); }

  // ---- To be emptied by its user ----
  [[nodiscard]] bool has_more_to_do() const { return !given_up_.empty() || !warnings_.empty(); }
  // Those that were given up on, and have commands under way that nobody wants any more.
  [[nodiscard]] std::vector<StreamId>& given_up() { return given_up_; }
  // Lines for the log.
  [[nodiscard]] std::vector<std::string>& warnings() { return warnings_; }

 private:
  // Most clients, most of the time: nothing is under way for it, and it has read all but a little.
  [[nodiscard]] static bool owes_nothing(const Client& client) {
    return client.replies.empty() && client.out.size() < kUnauthOutputPauseBytes && !client.backlog;
  }
  [[nodiscard]] bool may_take_more(const Client& client) const;
  [[nodiscard]] Client* take_woken();
  void begin_output(Client& client);
  void end_output(Client& client);
  // Not while the client has its turn: that ends with this.
  void output_changed(Client& client, Lsn safe);
  void lend_buffer(Bytes& out);
  void take_buffer(Bytes& out);
  void account(Client& client);
  void warn(std::string text, Now now);
  void tick_held(Lsn safe);
  void tick_unread(bool strangers_may_stay, Lsn safe, Now now);

  ClientMemory& memory_;
  DirtyStreams& dirty_;
  unsigned shards_;
  unsigned shard_;
  std::uint64_t numbered_ = 0;
  Slab<Client> slab_;
  Intake intake_;
  const Client* in_turn_ = nullptr;  // its replies go behind all that it is owed
  PlacePool places_;
  Bytes mute_sink_;           // of replies that nobody gets
  std::vector<Bytes> spare_;  // buffers that idle clients gave back
  std::vector<StreamId> woken_;
  std::size_t next_woken_ = 0;
  std::vector<StreamId> held_;   // with replies that wait for others, some of them no longer
  std::vector<StreamId> gated_;  // whose output waits until more is safe
  std::int64_t unread_checked_ms_ = 0;
  RareNote notes_{kClientNoteMs};
  std::vector<StreamId> given_up_;
  std::vector<std::string> warnings_;
};

}  // namespace limpet::clients
