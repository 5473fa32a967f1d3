// CopyStore: where the copies of other nodes' slots are kept: among the sessions of this shard, and in its
// journal.
//
// Owned by Following, on the shard's thread.
#pragma once

#include <limpet/engine/engine.hpp>
#include <limpet/ownership/ownership.hpp>
#include <limpet/replica/copy_keeper.hpp>
#include <span>
#include <vector>

namespace limpet::following {

class CopyStore final : public replica::CopyKeeper {
 public:
  // REQUIRES: a journal is kept.
  CopyStore(const Now& now, engine::Engine& engine, const ownership::Ownership& ownership)
      : now_(now), engine_(engine), ownership_(ownership) {}

  Room room(Slot slot, Term term, std::size_t bytes) override;
  [[nodiscard]] LastChange last(Slot slot) const override;
  void clear(Slot slot) override;
  [[nodiscard]] bool put(Slot slot, const store::Run& run) override;
  void whole(Slot slot, const LastChange& last, const std::vector<LastChange>& ends) override;
  [[nodiscard]] bool change(Slot slot, const LastChange& made, const store::Run& run) override;
  [[nodiscard]] bool spare(Slot slot, Term term) override;
  void prefetch(std::span<const Coming> coming) const override;
  [[nodiscard]] Lsn end() const override { return engine_.feed().end(); }

  // Somebody else has filled or cleared it: there is no copy of the slot.
  void spoilt(Slot slot);

 private:
  [[nodiscard]] journal::Writer& journal() const { return *engine_.feed().journal(); }

  const Now& now_;
  engine::Engine& engine_;
  const ownership::Ownership& ownership_;
};

}  // namespace limpet::following
