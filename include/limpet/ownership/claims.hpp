// Claims: claims of slots whose titles are being written. One is answered once all its slots are on the disk,
// or it is known that they will not be there in a moment: what an operator is told stays true when a node
// dies.
//
// Owned by a shard, on its thread; it knows no title and no disk, and of who has claimed the ticket alone.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limpet/base/slot.hpp>
#include <limpet/base/time.hpp>
#include <set>
#include <vector>

namespace limpet::ownership {

class Claims {
 public:
  struct Claim {
    std::uint64_t ticket = 0;  // of who is to be answered
    std::set<Slot> writing{};
    std::int64_t taken = 0;
    std::int64_t missed = 0;    // now
    std::int64_t until_ms = 0;  // steady; what is not written by then counts as missed
  };

  void begin(Claim claim) { claims_.push_back(std::move(claim)); }
  // The title of this slot is on the disk, or is not, for now or for good.
  void written(Slot slot) {
    for (Claim& claim : claims_) claim.taken += claim.writing.erase(slot) > 0 ? 1 : 0;
  }
  void not_written(Slot slot) {
    for (Claim& claim : claims_) claim.missed += claim.writing.erase(slot) > 0 ? 1 : 0;
  }
  // Can one be answered now?
  [[nodiscard]] bool has_done(Now now) const {
    return !claims_.empty() && std::any_of(claims_.begin(), claims_.end(), [&](const Claim& claim) {
      return claim.writing.empty() || now.steady_ms >= claim.until_ms;
    });
  }
  // Those that can be answered now.
  [[nodiscard]] std::vector<Claim> take_done(Now now) {
    std::vector<Claim> done;
    std::erase_if(claims_, [&](Claim& claim) {
      if (now.steady_ms >= claim.until_ms) {
        claim.missed += static_cast<std::int64_t>(claim.writing.size());
        claim.writing.clear();
      }
      if (!claim.writing.empty()) return false;
      done.push_back(std::move(claim));
      return true;
    });
    return done;
  }

 private:
  std::vector<Claim> claims_;
};

}  // namespace limpet::ownership
