// CopiesSource: whoever knows of copies on other nodes, and of other nodes' here.
//
// Implemented above the reports, on the shard's thread; it outlives those who ask it.
#pragma once

#include <cstddef>
#include <limpet/base/slot.hpp>
#include <limpet/reports/stats.hpp>

namespace limpet::reports {

class CopiesSource {
 public:
  // Puts in what there is of copies, and of followers.
  virtual void show_in(ShardStats& stats) const = 0;
  // So many followers have all changes of the slot, which is this shard's.
  [[nodiscard]] virtual std::size_t confirmed_by(Slot slot) const = 0;

 protected:
  ~CopiesSource() = default;
};

}  // namespace limpet::reports
