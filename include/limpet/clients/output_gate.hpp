// OutputGate: up to where the shard's changes have to be safe before a client's output may leave, as its
// replies show them (engine/durability.hpp), and in which lists of those whose output is held it stands.
#pragma once

#include <algorithm>
#include <limpet/base/lsn.hpp>
#include <utility>

namespace limpet::clients {

class OutputGate {
 public:
  void raise(Lsn lsn) {
    if (!listed_for_safety_) first_ = lsn;
    lsn_ = std::max(lsn_, lsn);
  }
  // What its output shows that was not safe begins there.
  [[nodiscard]] Lsn first() const { return first_; }
  [[nodiscard]] bool is_shut(Lsn safe) const { return lsn_ > safe; }

  // It is to be looked at when more is safe; when time has passed. False: it stands there already.
  [[nodiscard]] bool list_for_safety() { return !std::exchange(listed_for_safety_, true); }
  void safe() { listed_for_safety_ = false; }
  [[nodiscard]] bool list_for_tick() { return !std::exchange(listed_for_tick_, true); }
  void ticked() { listed_for_tick_ = false; }

 private:
  Lsn lsn_ = 0;
  Lsn first_ = 0;
  bool listed_for_safety_ = false;
  bool listed_for_tick_ = false;
};

}  // namespace limpet::clients
