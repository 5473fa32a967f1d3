// ChangeTee: tells a shard that keeps no journal what its commands change, while somebody wants to know.
#pragma once

#include <functional>
#include <limpet/base/bytes.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/store/change.hpp>
#include <string_view>
#include <utility>

namespace limpet::shard {

class ChangeTee final : public store::ChangeSink {
 public:
  using Watch = std::function<void(Slot slot, std::string_view effects)>;
  explicit ChangeTee(Watch watch) : watch_(std::move(watch)) {}

  store::EffectWriter& change_of(Slot slot) override {
    // Cut as the journal cuts its records: whoever watches gets no longer runs of the one than of the other.
    if (open_ && (slot_ != slot || bytes_.size() > kRecordSplitBytes)) end_command();
    if (!std::exchange(open_, true)) {
      slot_ = slot;
      effects_.begin(bytes_);
    }
    return effects_;
  }
  void end_command() {
    if (!std::exchange(open_, false)) return;
    watch_(slot_, bytes_.view());
    bytes_.clear();
  }

 private:
  Watch watch_;
  bool open_ = false;
  Slot slot_ = 0;
  Bytes bytes_;
  store::EffectWriter effects_;
};

}  // namespace limpet::shard
