// RollCall: a command about all keys, asked of every node while slots move from one to another.
//
// A slot that goes from a node that has not been asked yet to one that has already answered would be passed
// over, and one that goes the other way would be counted twice. So each part says for which slots it answers:
// of those that it was asked for, the ones that it served when it looked. The command is done once every slot
// has been answered for, once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limpet/base/slot_set.hpp>
#include <limpet/gather/part.hpp>
#include <limpet/resp/reply.hpp>

namespace limpet::gather {

class RollCall {
 public:
  RollCall(const SlotSet& wanted, std::int64_t until_ms)
      : wanted_(wanted), missing_(wanted), until_ms_(until_ms) {}

  // A part answers for these slots. False: for one that was not wanted, or that another part has answered
  // for: then its answer does not count, and those that are missing are to be asked for again.
  [[nodiscard]] bool answers(const SlotSet& slots) {
    SlotSet others = slots;
    others -= missing_;
    if (!others.empty()) return false;
    missing_ -= slots;
    return true;
  }
  // The same of a part as it came: [slots, answer]. Its reply is the answer alone from then on, nothing if it
  // does not count, and an error if it was no such array.
  void take(Part& part, resp::Version version);

  [[nodiscard]] const SlotSet& missing() const { return missing_; }
  [[nodiscard]] SlotSet answered() const {
    SlotSet answered = wanted_;
    answered -= missing_;
    return answered;
  }
  [[nodiscard]] bool complete() const { return missing_.empty(); }
  [[nodiscard]] std::int64_t until_ms() const { return until_ms_; }
  [[nodiscard]] bool out_of_time(std::int64_t now_ms) const { return now_ms >= until_ms_; }

 private:
  SlotSet wanted_;
  SlotSet missing_;
  std::int64_t until_ms_;
};

}  // namespace limpet::gather
