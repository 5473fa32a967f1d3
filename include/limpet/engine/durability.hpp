// Durability: which changes are safe, so that replies may show them; and whether writes can be taken at all.
//
// A change is safe once all who have to confirm it have: the disk, as the durability mode says, and the
// followers of its slot. Each confirms up to a place in the stream. Where nobody has to, everything is safe
// at once. Owned by the engine, on its thread; it knows no reply and no client.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limpet/base/lsn.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::engine {

class Durability {
 public:
  // One who confirms; a number that is used again once it has left.
  using Confirmer = std::size_t;

  // From now on replies wait for one more, who has everything up to there. `who`: as a refusal calls it, and
  // outlives this.
  Confirmer join(Lsn has, std::string_view who = "the disk does");
  // It has all up to there; never less than before.
  void confirm(Confirmer who, Lsn has);
  // Nobody waits for it any more.
  void leave(Confirmer who);

  // All up to there is safe.
  [[nodiscard]] Lsn safe() const { return safe_; }

  // ---- The disk ----
  void synced(Lsn up_to) { synced_lsn_ = up_to; }
  // The stream is on the disk up to there, whatever the mode.
  [[nodiscard]] Lsn synced() const { return synced_lsn_; }
  // Is that more than the stream says itself? Then it is to say so: marked().
  [[nodiscard]] bool mark_is_due() const { return synced_lsn_ > marked_lsn_; }
  void marked() { marked_lsn_ = synced_lsn_; }

  // For now, or (empty) no longer, nothing can be written. Without effect once it has failed.
  void set_trouble(const std::string& why);
  // Nothing will be any more, and no write is taken. Whoever waits is told so by the caller; from then on
  // nobody does, as reads show what is in memory: wait_no_more().
  void fail(const std::string& why);
  void wait_no_more();
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] const std::string& trouble() const { return trouble_; }
  // Is a write of so many bytes refused, as the stream ends at `end`? And why then.
  [[nodiscard]] bool refuses(Lsn end, std::size_t bytes) const;
  [[nodiscard]] std::string refusal() const;

 private:
  struct Mark {
    Lsn has = 0;
    bool counts = true;
    std::string_view who{};
  };
  void count();

  std::vector<Mark> marks_;
  Lsn safe_ = kEndOfAll;
  Lsn synced_lsn_ = 0;
  Lsn marked_lsn_ = 0;  // of synced_lsn_, what the stream says
  std::string trouble_;
  bool failed_ = false;
  bool waits_ = true;
};

}  // namespace limpet::engine
