// Effects: what a shard wants done, as it stands at the end of a turn.
//
// A driver does what is of streams, siblings and turns (IoEffects). All the rest is for the node around it
// (NodeEffects): a driver understands nothing of that, and hands it on as a whole.
#pragma once

#include <cstdint>
#include <limpet/base/bytes.hpp>
#include <limpet/base/note_level.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/base/stream.hpp>
#include <limpet/cluster/members.hpp>
#include <limpet/cluster/view.hpp>
#include <limpet/handoff/message.hpp>
#include <limpet/handoff/moved.hpp>
#include <limpet/handoff/title.hpp>
#include <limpet/journal/snapshotter.hpp>
#include <limpet/links/dial.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace limpet::traffic {

using cluster::NodeIndex;
using links::Dial;

// A node that connected, and that the view does not know.
struct Stranger {
  std::string name;
  cluster::Address client;
  cluster::Address peer;
};

// A title that is to be on the disk before it is acted on. `founded` is to be there before it, unless it is
// 0.
struct TitleWrite {
  Slot slot = 0;
  handoff::SlotTitle title;
  handoff::Kind unblocks{};  // as in handoff::WantedTitle
  std::uint64_t founded = 0;
};

// What another node says of its leaving.
struct LeavingNews {
  std::string node;
  cluster::LeaveWord word;
};

// What an operator wants of the node as a whole. It is answered with Shard::ordered().
struct Order {
  enum class Kind : std::uint8_t {
    reload,  // read the files again, as at SIGHUP
    check,   // say what that would do, and do nothing
    leave,   // give all slots away, until the next start
    stay,    // no longer
  };
  Kind kind;
  std::uint64_t ticket;
};

// What happened to one of the shard's links. All shards have one to each node, and it often happens to all.
struct LinkNote {
  std::string node;
  unsigned shard = 0;
  bool up = false;
};

struct Note {
  using Level = NoteLevel;
  Level level;
  std::string text;
  // Of these there are many at a time: whoever writes the log says it once for several.
  std::optional<handoff::Moved> moved = {};
  std::optional<LinkNote> link = {};
};

struct IoEffects {
  DirtyStreams dirty;
  std::vector<Dial> dials;
  std::vector<std::pair<unsigned, Bytes>> batches;  // for siblings: filled by take_batches()
  bool again = false;  // call go_on() in a turn of its own, behind what has come meanwhile
};

// In the order in which they are worked off, all before the batches leave.
struct NodeEffects {
  Bytes changes;                                 // for the journal: filled by take_changes()
  std::vector<journal::SnapshotPiece> snapshot;  // for the files of a snapshot, in order
  bool sync = false;                             // something waits for the journal to be synced
  std::vector<Slot> wanted;                      // to be loaded before others
  std::vector<TitleWrite> titles;                // each is reported, written or not
  std::vector<Stranger> strangers;               // to be put in the view
  std::vector<LeavingNews> leaving;              // the same
  std::vector<Order> orders;                     // each is answered
  std::vector<Note> notes;                       // for the log

  [[nodiscard]] bool empty() const {
    // Names all of them, or does not compile.
    const auto& [a, b, asks_for_sync, d, e, f, g, h, i] = *this;
    return a.empty() && b.empty() && !asks_for_sync && d.empty() && e.empty() && f.empty() && g.empty() &&
           h.empty() && i.empty();
  }
};

struct Effects : IoEffects, NodeEffects {};

}  // namespace limpet::traffic
