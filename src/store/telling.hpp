// Telling: to whom a store tells its changes, if to anybody, and how many copies are being made of it
// meanwhile.
#pragma once

#include <limpet/store/change.hpp>

namespace limpet::store {

class Telling {
 public:
  void set_sink(ChangeSink* sink) { sink_ = sink; }
  void begin_copy() { ++copies_; }
  void end_copy() { --copies_; }

  [[nodiscard]] explicit operator bool() const { return sink_ != nullptr; }
  [[nodiscard]] bool copied() const { return copies_ > 0; }

  // Where an effect on this key or slot goes. REQUIRES: there is a sink, here and below.
  [[nodiscard]] EffectWriter& of(const KeyRef& key) { return sink_->change_of(key.slot); }
  [[nodiscard]] EffectWriter& of(Slot slot) { return sink_->change_of(slot); }
  [[nodiscard]] ChangeSink& sink() { return *sink_; }

  // A key goes since its time-out has passed. That is no change; but a copy that is being made may have a
  // part of the key, or have it still to come.
  void expired(Slot slot, std::string_view key) {
    if (copies_ > 0 && sink_ != nullptr) sink_->change_of(slot).erase(key);
  }

 private:
  ChangeSink* sink_ = nullptr;
  int copies_ = 0;
};

}  // namespace limpet::store
