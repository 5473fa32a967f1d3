// Siblings: the queues to and from the other shards of the node.
//
// Frames for a sibling gather in a batch, which leaves at the end of the turn. Of those that come from one,
// as many are taken in a turn as its quantum of replies lasts; the rest waits for the next turn, and what
// comes meanwhile behind it. Frames of a queue may have any length, and are trusted: this same code has
// written them.
//
// Owned by a shard, on its thread.
#pragma once

#include <cstddef>
#include <limpet/base/bytes.hpp>
#include <limpet/links/frames_in.hpp>
#include <limpet/links/quantum.hpp>
#include <limpet/peer/frame.hpp>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet::links {

class Siblings {
 public:
  // The frames from one of them that are for this turn.
  class Turn {
   public:
    Turn(Bytes& kept, std::string_view batch, Quantum quantum);

    // The next one; the one before it is done with. Null: the turn is over.
    [[nodiscard]] const peer::Frame* next();
    // What may be fetched ahead, that frame first; see FramesIn.
    [[nodiscard]] std::string_view ahead() { return frames_.ahead(); }
    // To be called at the end. Returns whether some are left for the next turn.
    bool end() { return frames_.keep_rest(); }

   private:
    FramesIn frames_;
    Quantum quantum_;
    bool begun_ = false;
  };

  // As many shards, this one among them.
  Siblings(unsigned shards, unsigned self) : queues_(shards), self_(self) {}

  // ---- To them ----
  void send(unsigned shard, const peer::Frame& frame) { peer::append_frame(queues_[shard].batch, frame); }
  void send_all(const peer::Frame& frame);
  // Bytes that wait to leave.
  [[nodiscard]] std::size_t waiting(unsigned shard) const { return queues_[shard].batch.size(); }
  // Moves the batches that are not empty to the end of `batches`, each behind its shard's number.
  void take_batches(std::vector<std::pair<unsigned, Bytes>>& batches);

  // ---- From them ----
  // Frames have come. True: earlier ones wait for their next turn, and these do now. False: they are to be
  // taken.
  [[nodiscard]] bool queue(unsigned shard, std::string_view batch);
  // Those that waited, and `batch` behind them.
  [[nodiscard]] Turn begin_turn(unsigned shard, std::string_view batch, Quantum quantum) {
    return {queues_[shard].kept, batch, quantum};
  }
  // Do frames of this one wait for their turn?
  [[nodiscard]] bool waits(unsigned shard) const { return !queues_[shard].kept.empty(); }

  // ---- To see ----
  [[nodiscard]] unsigned shards() const { return static_cast<unsigned>(queues_.size()); }
  // Nothing is on its way to or from them.
  [[nodiscard]] bool idle() const;

 private:
  struct Queue {
    Bytes batch;  // for it
    Bytes kept;   // from it, for the next turn
  };

  std::vector<Queue> queues_;  // by shard; this one's is not used
  unsigned self_;
};

}  // namespace limpet::links
