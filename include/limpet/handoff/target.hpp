// Target: receives one slot from its owner.
//
//     receiving --finish--> preparing --on the disk--> promised --grant--> owning --on the disk--> done
//         |                                               |
//         +--- refused, abort, silence ---> failed <------+  the source says that it never will be
//
// What comes is put into the store at once (and so into the journal, while more is coming), though nobody is
// served from it. Once all of it and the promise are on the disk the source may commit; whether it did, only
// it can say: it is asked until it answers, also after a restart.
//
// Owned by the shard that is to hold the slot, on its thread. It knows no link and no disk: its user brings
// the questions, sends the answers, writes titles and says when. Whoever drops one that is not done clears
// the slot in the store, for nothing in it is this node's.
#pragma once

#include <cstdint>
#include <limpet/base/time.hpp>
#include <limpet/handoff/message.hpp>
#include <limpet/handoff/title.hpp>
#include <limpet/store/store.hpp>
#include <optional>
#include <string>

namespace limpet::handoff {

class Target final {
 public:
  enum class State : std::uint8_t { receiving, preparing, promised, owning, done, failed };

  // Answers `begin` with ready(). REQUIRES: may_receive(), and what the store had of the slot was cleared.
  Target(Slot slot, Member from, const Migration& migration, Term term, Now now);
  // It was promised before a restart, and the store has loaded it.
  Target(Slot slot, const Promise& promise, Now now);

  // ---- What happens ----
  // A question of this try came, or an answer to ask. Returns the answer, if it is known at once; else that
  // of written() is the answer to the last question. `title`: what the node has of the slot.
  [[nodiscard]] std::optional<Message> heard(const Message& message, const SlotTitle& title,
                                             store::Store& store, Now now);
  // title() is on the disk, and before it all that was put into the store. REQUIRES: it was wanted.
  [[nodiscard]] Message written();
  // All that was received before it was asked to settle is on the disk, where syncs take so long.
  [[nodiscard]] Message settled(std::int64_t sync_ms);
  // It is not worth going on. REQUIRES: it is not owning yet.
  void give_up(const std::string& why);
  void tick(Now now);

  // ---- What to do ----
  // A question to the source, if it is time for one.
  [[nodiscard]] std::optional<Message> next(Now now);
  // What to write; a value while state() is preparing or owning.
  [[nodiscard]] const std::optional<SlotTitle>& title() const { return title_; }
  // The source waits until what was received is on the disk.
  [[nodiscard]] bool settles() const { return settles_ && state_ == State::receiving; }
  [[nodiscard]] Message ready() const;
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] const std::string& why() const { return why_; }  // it failed

  // ---- To see ----
  [[nodiscard]] Slot slot() const { return slot_; }
  [[nodiscard]] Member from() const { return from_; }
  [[nodiscard]] const Migration& migration() const { return migration_; }
  [[nodiscard]] bool is_of(Member node, const Message& message) const {
    return node == from_ && message.migration == migration_ && message.term == term_;
  }
  [[nodiscard]] Term term() const { return term_; }  // of the source
  [[nodiscard]] std::uint64_t bytes() const { return received_; }

 private:
  [[nodiscard]] Message message(Kind kind) const;
  Message refuse(std::string why);
  std::optional<Message> piece(const Message& message, store::Store& store, Now now);
  std::optional<Message> finish(const Message& message, const SlotTitle& title);
  std::optional<Message> grant(const Message& message, const SlotTitle& title);
  [[nodiscard]] Result<void> take_runs(std::string_view bytes, store::Store& store, Now now);

  Slot slot_;
  Member from_;
  Migration migration_;
  Term term_;
  State state_ = State::receiving;
  std::string why_;
  std::optional<SlotTitle> title_;
  bool settles_ = false;

  Bytes run_;  // the beginning of a run, up to where its bytes have come
  std::uint64_t received_ = 0;
  std::uint64_t digest_ = 0;
  std::int64_t heard_ms_;
  std::int64_t asked_ms_ = 0;
};

// The answer to a question about a slot of which no target is there that it belongs to: `title` is what the
// node has of the slot, and `fate` what it knows of the try if it was the one that gave.
[[nodiscard]] Message answer_alone(const Message& question, const SlotTitle& title, Fate fate);

}  // namespace limpet::handoff
