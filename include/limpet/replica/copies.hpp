// Copies: the slots of other nodes that a shard keeps copies of, and what their owners send of them.
//
// Each slot has one owner whose stream is heard of it: the last that has asked for it, at no lower term than
// those before. What others send of it is passed over, and they are told so. A copy is whole, or worth
// nothing. Where something comes that cannot be taken, though its slot is whole and so is counted on, the
// stream ends: nothing behind it is confirmed, whatever becomes of what its owner is told.
//
// What has been done with the bytes of a stream is confirmed once it is as safe as this node's own changes
// are (safe()); what is in memory alone is not.
//
// Owned by a shard, on its thread. It knows no link and no clock.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <deque>
#include <limpet/base/bytes.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/base/lsn.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/base/term.hpp>
#include <limpet/replica/copy_keeper.hpp>
#include <limpet/replica/entry.hpp>
#include <limpet/replica/followed.hpp>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet::replica {

// A shard of another node.
struct Sender {
  std::uint16_t node = 0;
  std::uint16_t shard = 0;
  friend auto operator<=>(const Sender&, const Sender&) = default;
};

// One of its streams: later ones of one boot have greater ids; boots say nothing of which is the later.
struct StreamName {
  std::uint64_t boot = 0;
  std::uint64_t id = 0;
};

class Copies {
 public:
  enum class State : std::uint8_t {
    none,     // there is no copy of it
    kept,     // there is one, whole or not, and nobody sends anything of it
    asked,    // its owner has been told what is there, or will be once it is loaded
    copying,  // a copy comes, and is not whole yet
    whole,
  };

  // Of slots of this shard of the node, which has so many. The keeper outlives it.
  Copies(CopyKeeper& keeper, unsigned shard, unsigned shards)
      : keeper_(keeper), shard_(shard), shards_(shards), slots_((kSlots + shards - 1) / shards) {}

  // ---- What happens ----
  // The store has loaded what there is of the slot.
  void loaded(Slot slot);
  // Bytes of a stream have come, which begin there in it. Where some are missing, it has come to an end.
  // False: they make no sense, and it has as well.
  [[nodiscard]] bool take(const Sender& from, const StreamName& name, std::uint64_t begin,
                          std::string_view bytes);
  // What was done is safe up to there.
  void safe(Lsn up_to);
  // The slot is this node's own from now on, or its copy is gone.
  void forget(Slot slot);
  // Time has passed.
  void tick();
  // What was said to the node may have been lost.
  void say_again(std::uint16_t node);

  // ---- What to do ----
  // What is to be said to one of those who send; nothing: it has been said.
  [[nodiscard]] std::optional<std::pair<Sender, Followed>> next_followed();

  // ---- To see ----
  [[nodiscard]] State state(Slot slot) const { return slots_[slot / shards_].state; }

 private:
  struct SlotCopy {
    State state = State::none;
    Sender from{};
    Term term{};        // of its owner
    LastChange last{};  // once it is whole: of the last change, and of what term and boot the next are
  };
  struct Mark {
    std::uint64_t taken = 0;  // so much of the stream is confirmed
    Lsn lsn = 0;              // ... once so much is safe
  };
  struct Stream {
    std::uint64_t id = 0;
    std::uint64_t boot = 0;    // of the sender
    std::uint64_t before = 0;  // the boot of which it was before that: nothing more is heard of it
    std::uint64_t taken = 0;
    std::uint64_t said = 0;  // to be taken
    std::uint64_t confirmed = 0;
    std::uint64_t told = 0;  // of that
    Bytes rest;              // of an entry that has not come as a whole
    std::deque<Mark> marks;
    bool failed = false;                       // it has ended, whatever comes
    bool is_said = true;                       // how far it has come
    std::map<Slot, CopyState::Kind> states{};  // what its owner has to know, and has done nothing about
    std::deque<Slot> unsaid{};                 // of these
    std::set<Slot> lost{};                     // of those that were whole: another owns them
  };

  // An entry, and the effects that it has.
  struct Next {
    EntryStep step{};
    store::Run run{};
  };

  [[nodiscard]] SlotCopy& at(Slot slot) { return slots_[slot / shards_]; }
  void begin_stream(const Sender& from, Stream& stream, const StreamName& name);
  [[nodiscard]] bool take_entries(const Sender& from, Stream& stream, std::string_view& bytes);
  [[nodiscard]] EntryStep::Kind read(std::string_view& bytes);
  void fetch();
  void take(const Sender& from, Stream& stream, const Next& next);
  void ask(const Sender& from, Stream& stream, const Entry& entry);
  void spare(const Entry& entry);
  void is_lost(Slot slot);
  void go_on_from(Stream& stream, const Entry& entry);
  void change(Stream& stream, const Next& next);
  void copy(Stream& stream, const Next& next);
  [[nodiscard]] bool has_room(Stream& stream, const Entry& entry);
  void say(Stream& stream, Slot slot, CopyState::Kind kind);
  void give_up(Stream& stream, Slot slot, CopyState::Kind why);
  static void confirm(Stream& stream, Lsn safe);

  CopyKeeper& keeper_;
  unsigned shard_;
  unsigned shards_;
  std::vector<SlotCopy> slots_;  // by slot / shards
  std::map<Sender, Stream> streams_;
  std::map<Slot, Term> spared_;  // those that are to go, as their owner at that has said, once they may
  Lsn safe_ = 0;
  std::array<Next, kLookAheadMax> next_;  // read, and not done yet
  std::size_t next_count_ = 0;
};

}  // namespace limpet::replica
