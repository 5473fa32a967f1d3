// SlotStream: a slot as one stream of bytes for another node: the copy of it, and between its parts what
// commands change meanwhile, in the order in which it happens (store/slot_copy.hpp).
//
//     stream = runs, cut anywhere into pieces; run = length (4 bytes), effects
//
//     0 ------------ taken() ------------- sent() ------------- bytes()
//       the other has it    is under way         waits here
//
// Owned by a Source. It knows no message and no time.
#pragma once

#include <cstdint>
#include <limpet/base/bytes.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/handoff/pace.hpp>
#include <limpet/store/change.hpp>
#include <limpet/store/slot_copy.hpp>
#include <string_view>

namespace limpet::handoff {

class SlotStream final : private store::ChangeSink {
 public:
  // `copied`: the other side has a copy, and is sent what is changed otherwise.
  explicit SlotStream(Slot slot, bool copied = false) : copy_(slot), copied_(copied) {}

  // Copies on, as far as there is room for it: about `most` bytes, and a step more.
  void copy_on(store::Store& store, std::uint64_t most);
  // The slot has changed. Before the copy has begun, that is in it.
  void changed(std::string_view effects);
  // Cuts the next piece off; valid until the next call. Empty: there is none, or no more may be under way.
  [[nodiscard]] std::string_view next_piece();
  // The other side has so much of it.
  void taken_up_to(std::uint64_t number);
  // Nothing of it will be sent any more.
  void drop() { waiting_.release(); }

  [[nodiscard]] bool copied() const { return copied_; }
  // All of the copy has been taken.
  [[nodiscard]] bool copy_is_there() const { return copied_ && taken_ >= copy_end_; }
  [[nodiscard]] std::uint64_t copy_bytes() const { return copy_end_; }  // once it is copied
  // So much was changed that commands wait until it has gone.
  [[nodiscard]] bool is_behind() const { return behind_; }
  [[nodiscard]] std::uint64_t waiting() const { return waiting_.size(); }
  [[nodiscard]] std::uint64_t sent() const { return sent_; }
  [[nodiscard]] std::uint64_t under_way() const { return sent_ - taken_; }
  [[nodiscard]] std::uint64_t bytes() const { return sent_ + waiting_.size(); }
  [[nodiscard]] std::uint64_t digest() const { return digest_; }  // of what was sent

 private:
  store::EffectWriter& change_of(Slot slot) override;
  void begin_run();
  void end_run();

  store::SlotCopy copy_;
  bool begun_ = false;  // some of it was copied
  bool copied_;
  bool behind_ = false;
  std::uint64_t copy_end_ = 0;  // behind it are only changes
  Bytes waiting_;
  Bytes piece_;  // being sent
  std::uint64_t sent_ = 0;
  std::uint64_t taken_ = 0;
  std::uint64_t digest_ = 0;
  std::size_t run_at_ = 0;
  store::EffectWriter effects_;
};

}  // namespace limpet::handoff
