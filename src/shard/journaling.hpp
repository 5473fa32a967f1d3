// Journaling: between the engine and the files of its journal: slots that are loaded at a start, changes that
// go out and become safe, snapshots.
//
// Owned by a shard, on its thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limpet/engine/engine.hpp>
#include <limpet/ownership/ownership.hpp>
#include <limpet/shard/shard.hpp>
#include <string>

#include "serving.hpp"

namespace limpet::shard {

class Journaling {
 public:
  Journaling(const Now& now, Effects& effects, engine::Engine& engine, ownership::Ownership& ownership,
             Serving& serving)
      : now_(now), effects_(effects), engine_(engine), ownership_(ownership), serving_(serving) {}

  // ---- Slots that are loaded ----
  void take_load(const LoadPiece& piece);

  // ---- Changes ----
  void take_changes();
  void end_changes();

  // ---- Snapshots, as the pacer has them (engine/snapshot_pacer.hpp) ----
  void inherit(std::uint64_t journal_bytes);
  void tick();
  // In a turn of its own.
  void go_on();
  // The journal is on the disk up to there.
  void synced(Lsn position);
  void snapshot_written(std::size_t bytes);
  void snapshot_done(Lsn covers) { engine_.snapshots()->done(covers); }
  void snapshot_failed() { engine_.snapshots()->failed(now_.steady_ms); }

 private:
  void loaded(const LoadPiece::Step& step);
  void damaged(Slot slot, const std::string& why);
  void take_pieces();

  const Now& now_;
  Effects& effects_;
  engine::Engine& engine_;
  ownership::Ownership& ownership_;
  Serving& serving_;
};

}  // namespace limpet::shard
