// UndoLog: what the keys of one slot were before the commands of a batch changed them, so that it can be
// undone as a whole.
//
// A key is kept as the effects that make it what it is (store/change.hpp), once, before the first command
// that may change it. To undo is to apply these: that is a change like any other, so the journal and whoever
// else hears of changes ends with what was there before, whatever it has heard meanwhile.
//
// Lives as long as its batch, on the shard's thread. It costs what the values cost that are kept.
#pragma once

#include <cstdint>
#include <limpet/base/bytes.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/store/store.hpp>
#include <set>
#include <string>
#include <string_view>

namespace limpet::engine {

class UndoLog {
 public:
  UndoLog(store::Store& store, Slot slot) : store_(store), slot_(slot) {}

  // REQUIRES: the key is of the slot.
  void keep(std::string_view key);
  // All keys are again what they were when they were kept.
  void undo(std::int64_t unix_ms);

 private:
  store::Store& store_;
  Slot slot_;
  std::set<std::string, std::less<>> kept_;
  Bytes before_;  // effects
};

}  // namespace limpet::engine
