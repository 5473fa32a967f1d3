// Links: this shard's connections to all other nodes, with their streams: who is dialled and when, greetings,
// signs of life, goodbyes, and what becomes of what waited when one is lost. How it is with a single one:
// link.hpp.
//
//     dial() --> actions().dials --> connected() --> bytes, turn by turn: begin_turn() --> Heard::up, then
//     frames
//                                                             closed() --> Lost: what had left, what must not
//                                                             wait
//
// begin_turn() takes the bytes that have come on one, and hands on what concerns others, one after the other.
// What else is to be done stands in actions(): whoever drains them does so before it asks for the next event.
// A node that is not in the cluster file any more is dialled for as long as it owns slots, which the user
// says, and a few times more.
//
// Owned by a shard, on its thread. Nodes are named by the view's numbers; this one has no link.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limpet/base/note_level.hpp>
#include <limpet/base/random.hpp>
#include <limpet/base/secrets.hpp>
#include <limpet/base/slab.hpp>
#include <limpet/base/stream.hpp>
#include <limpet/base/time.hpp>
#include <limpet/cluster/view.hpp>
#include <limpet/links/dial.hpp>
#include <limpet/links/frame_types.hpp>
#include <limpet/links/frames_in.hpp>
#include <limpet/links/lanes.hpp>
#include <limpet/links/link.hpp>
#include <limpet/peer/frame.hpp>
#include <limpet/peer/greeting.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet::links {

class Links {
  struct LinkStream;

 public:
  struct Heard {
    enum class Kind : std::uint8_t {
      up,     // both have proved that they know the secret: what waits may go out
      frame,  // `frame`, one of those that are handed on, in whole; until the next is asked for
    };
    Kind kind{};
    peer::Frame frame{};
  };

  // The frames that have come on one link.
  class Turn {
   public:
    Turn(Links& links, LinkStream& stream, StreamId id, std::string_view bytes, Now now);

    [[nodiscard]] NodeIndex node() const;
    // What came next; the one before it is done with. Null: there is no more, or the link is to be closed.
    [[nodiscard]] const Heard* next();
    // What was heard makes no sense: the link is closed.
    void refuse() { fine_ = false; }
    // To be called at the end.
    void end();

   private:
    Links& links_;
    LinkStream& stream_;
    StreamId id_;
    FramesIn frames_;
    Now now_;
    bool fine_ = true;
    bool begun_ = false;
    Heard heard_;
  };

  // What is to be said of a link in the log.
  struct Line {
    NoteLevel level{};
    NodeIndex node = 0;
    std::string text;
    std::optional<bool> up;  // it has come up, or is lost
  };
  struct Actions {
    std::vector<Dial> dials;
    std::vector<NodeIndex> fail_waiting;  // nothing is to wait for the links to these
    std::vector<Lanes::Sent> placed;      // the last pieces of large bodies have their places in the streams
    std::vector<Line> lines;

    [[nodiscard]] bool empty() const {
      return dials.empty() && fail_waiting.empty() && placed.empty() && lines.empty();
    }
  };
  struct Lost {
    NodeIndex node = 0;
    std::uint64_t written = 0;  // bytes of its stream that had left
    bool fail_waiting = false;  // nothing is to wait until it is there again
  };

  Links(NodeIndex self, std::shared_ptr<const cluster::View> view, FrameTypes handed_on, DirtyStreams& dirty);

  // ---- What happens ----
  // A link to each node that has come into the view; one to a node that has another address now is closed.
  void set_view(std::shared_ptr<const cluster::View> view);
  // Whoever was refused may not be any more.
  void set_secrets(Secrets secrets);
  void drain() { draining_ = true; }  // nobody is dialled any more
  void dial_goes_on(StreamId id, std::string_view doing, std::int64_t ms, Now now);
  void connected(StreamId id, peer::Greeting mine, Now now);
  // None: it is gone.
  [[nodiscard]] std::optional<Turn> begin_turn(StreamId id, std::string_view bytes, Now now);
  // Returns the node, if its link has room for much now.
  [[nodiscard]] std::optional<NodeIndex> written(StreamId id, std::size_t bytes);
  [[nodiscard]] std::optional<Lost> closed(StreamId id, std::string_view reason, Now now, Random& random);
  void tick(NodeIndex node, bool owns_slots, Now now, Random& random);

  // ---- Dialling ----
  // Unless it is connected, being dialled or backing off.
  void dial(NodeIndex node, Now now, Random& random);
  [[nodiscard]] bool worth_dialling(NodeIndex node, bool owns_slots) const;
  // Somebody has seen the node alive. True: it may be dialled at once.
  [[nodiscard]] bool seen_alive(NodeIndex node) { return links_[node] && links_[node]->seen_alive(); }
  // It is looked for as if for the first time.
  void forgive(NodeIndex node) { links_[node]->forgive(); }

  // ---- To them. REQUIRES: the link is up. ----
  // Returns the offset in the stream where the frame ends, or Lanes::kLater.
  // `before`: the first bytes of the body, if they stand elsewhere.
  std::uint64_t send(NodeIndex node, const peer::Frame& frame, std::string_view before = {});

  // ---- What nodes have said, of themselves ----
  void informed(NodeIndex node, const peer::Standing& standing) { links_[node]->informed(standing); }
  void counted(NodeIndex node, std::uint64_t sessions) { links_[node]->counted(sessions); }
  void said_foreign(NodeIndex node, std::string_view why) { links_[node]->said_foreign(why); }

  // ---- What to do ----
  [[nodiscard]] Actions& actions() { return actions_; }

  // ---- To see ----
  [[nodiscard]] bool draining() const { return draining_; }
  [[nodiscard]] std::size_t size() const { return links_.size(); }
  // Null: this node.
  [[nodiscard]] const Link* find(NodeIndex node) const { return links_[node].get(); }
  // REQUIRES: another node.
  [[nodiscard]] const Link& at(NodeIndex node) const { return *links_[node]; }
  template <class Visit>
  void each(Visit visit) const {
    for (const std::unique_ptr<Link>& link : links_) {
      if (link) visit(static_cast<const Link&>(*link));
    }
  }
  [[nodiscard]] Stream* stream(StreamId id) { return find(id); }
  [[nodiscard]] NodeIndex self() const { return self_; }
  [[nodiscard]] const cluster::View& view() const { return *view_; }
  [[nodiscard]] const std::string& name_of(NodeIndex node) const { return view_->nodes[node].name; }

 private:
  // What belongs to a link only while it is connected, or being dialled.
  struct LinkStream : Stream {
    explicit LinkStream(NodeIndex of) : node(of) {}
    NodeIndex node;
    Bytes input;
    peer::Assembler assembler;
  };
  enum class Taken : std::uint8_t { here, heard, refused };

  LinkStream* find(StreamId id) { return streams_.find({id.index, id.generation}); }
  void add_links();
  void dial(Link& link, Now now, Random& random);
  void flush(Link& link);
  void answer_goodbye(Link& link);
  [[nodiscard]] Taken take(LinkStream& stream, const peer::Frame& frame, Heard& heard, Now now);
  [[nodiscard]] Taken take_greeting(Link& link, const peer::Frame& frame, Heard& heard, Now now);
  void note(NodeIndex node, std::string text) {
    actions_.lines.push_back({NoteLevel::error, node, std::move(text), {}});
  }

  NodeIndex self_;
  std::shared_ptr<const cluster::View> view_;
  Secrets secrets_;
  FrameTypes handed_on_;
  DirtyStreams& dirty_;
  std::vector<std::unique_ptr<Link>> links_;  // by node; none for this one
  Slab<LinkStream> streams_;
  bool draining_ = false;
  Actions actions_;
};

}  // namespace limpet::links
