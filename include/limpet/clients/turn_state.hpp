// TurnState: may a client's input be taken, and if not, who will see to it that it is?
//
//     taking --stall()--> stalled --queue()--> queued --dequeue()--> taking
//        |                   ^
//        +--yield()--> yielded (its quantum is used up; it goes on in its next turn: resume_from_yield())
//
// A stalled client has input that is not taken now; whoever takes the reason away queues it. One that has
// yielded is not queued before its next turn. Owned by the client's shard, on its thread.
#pragma once

#include <utility>

namespace limpet::clients {

class TurnState {
 public:
  // ---- What happens ----
  // It has its turn. True: it was stalled before.
  bool begin() { return std::exchange(stalled_, false); }
  void stall() { stalled_ = true; }
  // Its quantum is used up.
  void yield() { stalled_ = yielded_ = true; }
  void resume_from_yield() { yielded_ = false; }
  // It is to go on. False: it stands in the queue already, or has yielded.
  [[nodiscard]] bool queue() { return !yielded_ && !std::exchange(queued_, true); }
  void dequeue() { queued_ = false; }

  // ---- To see ----
  // Input of it waits; see Clients::wake().
  [[nodiscard]] bool is_stalled() const { return stalled_; }

 private:
  bool stalled_ = false;
  bool yielded_ = false;
  bool queued_ = false;
};

}  // namespace limpet::clients
