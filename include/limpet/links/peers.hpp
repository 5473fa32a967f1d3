// Peers: the nodes that have connected to this one.
//
//     opened --GREET--> greeted --PROOF--> admitted --GOODBYE--> nothing more comes from it
//        |                 |                  |
//        +-----------------+------------------+--> refused: told why as far as it understands, and closed
//
// Whoever reaches the port is a stranger until it has proved that it knows the secret: it has little time and
// few bytes, and of too many strangers the one that has waited longest goes. A node is read from while what
// is kept for it (replies that wait to leave, and what its requests are charged for) is less than its share,
// and in each turn for as long as its quantum of replies lasts.
//
// begin_turn() takes the bytes of one of them, and hands on what concerns others, one after the other. What
// is sent stands in a queue until flush(), so that several frames leave in one write. What else is to be done
// stands in actions(). Owned by a shard, on its thread; bounds and times are those of limits.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limpet/base/client_memory.hpp>
#include <limpet/base/rare_note.hpp>
#include <limpet/base/secrets.hpp>
#include <limpet/base/slab.hpp>
#include <limpet/base/stream.hpp>
#include <limpet/base/time.hpp>
#include <limpet/cluster/view.hpp>
#include <limpet/links/frame_types.hpp>
#include <limpet/links/frames_in.hpp>
#include <limpet/links/lanes.hpp>
#include <limpet/links/quantum.hpp>
#include <limpet/peer/greeting.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet::links {

using cluster::NodeIndex;

class Peers {
  struct Peer;

 public:
  struct Heard {
    enum class Kind : std::uint8_t {
      greeted,   // it has said who it is, and waits for greet()
      admitted,  // it has proved it
      frame,     // `frame`, one of those that are handed on, in whole; until the next is asked for
    };
    Kind kind{};
    peer::Frame frame{};
  };

  // One turn of one of them.
  class Turn {
   public:
    Turn(Peers& peers, Peer& peer, std::string_view bytes, Quantum quantum, Now now);

    // What came next; the one before it is done with. Null: no more in this turn.
    [[nodiscard]] const Heard* next();
    // What may be fetched ahead; see FramesIn.
    [[nodiscard]] std::string_view ahead() { return frames_.ahead(); }
    // What was heard makes no sense: the connection is closed.
    void refuse(const std::string& reason);
    // To be called at the end.
    void end();

   private:
    Peers& peers_;
    Peer& peer_;
    std::string_view bytes_;
    FramesIn frames_;
    Quantum quantum_;
    Now now_;
    bool over_ = false;
    bool begun_ = false;
    Heard heard_;
  };

  // A node speaks no protocol that this one does: its link may say so.
  struct Foreign {
    NodeIndex node;
    std::string why;
  };
  struct Actions {
    std::vector<std::string> warnings;  // for the log
    std::vector<Foreign> foreign;
  };

  Peers(NodeIndex self, std::shared_ptr<const cluster::View> view, FrameTypes handed_on, ClientMemory& memory,
        DirtyStreams& dirty, TurnQueue& turns)
      : self_(self),
        view_(std::move(view)),
        handed_on_(handed_on),
        memory_(memory),
        dirty_(dirty),
        turns_(turns) {}

  // ---- What happens ----
  StreamId opened(const std::string& address, Now now);
  // None: it is gone or is being closed, and its bytes are of no use.
  [[nodiscard]] std::optional<Turn> begin_turn(StreamId id, std::string_view bytes, Quantum quantum, Now now);
  void written(StreamId id, std::size_t bytes);
  void closed(StreamId id);
  void tick(Now now);
  void set_view(std::shared_ptr<const cluster::View> view);
  void set_secrets(Secrets secrets) { secrets_ = std::move(secrets); }
  // This node stops, and says so.
  void drain();

  // ---- To them ----
  // The answer to Heard::greeted.
  void greet(StreamId id, peer::Greeting mine);
  void send(StreamId id, const peer::Frame& frame);
  void flush(StreamId id);
  // Whoever has asked for something (awaits_reply()) is owed a reply, by the number that it gave its request. A
  // large one for which there is no room is left out; then what was asked for is in doubt. So much of what it
  // was charged is given back.
  void reply(StreamId id, std::uint64_t request, peer::Outcome outcome, std::string_view body,
             std::size_t charged = 0);
  // Connections from another start of that node are of no use any more.
  void drop_other_starts(NodeIndex node, std::uint64_t boot);

  // ---- What is kept for them ----
  // Returns how much was charged, to be given back. 0: it is gone.
  [[nodiscard]] std::size_t charge(StreamId id, std::size_t bytes);
  void give_back(StreamId id, std::size_t charged) { give_back(find(id), charged); }

  // ---- What to do ----
  [[nodiscard]] Actions& actions() { return actions_; }
  // One that stood in the queue of turns is to begin its next. False: not now.
  [[nodiscard]] bool resume(StreamId id);

  // ---- To see ----
  [[nodiscard]] Stream* stream(StreamId id) { return find(id); }
  // None: it is gone, or the view does not know it.
  [[nodiscard]] std::optional<NodeIndex> node_of(StreamId id);
  // Null: it is gone.
  [[nodiscard]] const peer::Greeting* greeting_of(StreamId id);
  [[nodiscard]] std::size_t size() const { return peers_.size(); }
  // Nothing is owed to anybody, and every node has said goodbye.
  [[nodiscard]] bool idle();

 private:
  struct Peer : Stream {
    StreamId id;
    std::uint64_t number = 0;  // counts them
    std::string address;
    Bytes input;
    peer::Assembler assembler;
    Lanes lanes{out};
    peer::Greeting mine;
    peer::Greeting theirs;
    bool greeted = false;           // its greeting was taken
    bool admitted = false;          // and its proof was right
    std::optional<NodeIndex> node;  // once it is, unless the view does not know it
    bool said_goodbye = false;      // no request will come from it any more
    bool stalled = false;           // its replies pile up: no request is taken until they have gone
    bool yielded = false;           // its turn has ended; it goes on in the next one
    std::int64_t heard_ms = 0;      // opened, or last heard of; steady
    std::size_t in_flight = 0;      // what it has asked for and is not answered
    ClientMemory::Account memory;   // what is kept for its clients

    // What goes once it is answered, or has been sent. Not what it is in the middle of sending: that has to
    // come first.
    [[nodiscard]] std::size_t kept() const { return lanes.waiting() + memory.charged; }
    [[nodiscard]] bool ends() const { return finished || aborted; }
  };
  enum class Taken : std::uint8_t { here, heard, refused };

  Peer* find(StreamId id) { return peers_.find({id.index, id.generation}); }
  [[nodiscard]] bool may_take(Peer& peer, const Quantum& quantum);
  [[nodiscard]] Taken take(Peer& peer, const peer::Frame& frame, Heard& heard, Now now);
  [[nodiscard]] Taken take_greeting(Peer& peer, const peer::Frame& frame, Heard& heard, Now now);
  [[nodiscard]] Taken take_proof(Peer& peer, const peer::Frame& frame, Heard& heard, Now now);
  Taken refuse(Peer& peer, const std::string& reason, Now now);
  void flush(Peer& peer);
  // `peer`: null if it is gone.
  void give_back(Peer* peer, std::size_t charged);
  void yield(Peer& peer);
  void ease(Peer& peer);
  void make_room_for_strangers(Now now);
  void drop(Peer& peer, const std::string& reason, Now now);
  void note_stranger(const Peer& peer, const std::string& reason, Now now);

  NodeIndex self_;
  std::shared_ptr<const cluster::View> view_;
  Secrets secrets_;
  FrameTypes handed_on_;
  ClientMemory& memory_;
  DirtyStreams& dirty_;
  TurnQueue& turns_;
  Slab<Peer> peers_;
  std::uint64_t numbered_ = 0;
  RareNote stranger_notes_{kStrangerNoteMs};
  bool draining_ = false;
  Actions actions_;
};

}  // namespace limpet::links
