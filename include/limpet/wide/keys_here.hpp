// KeysHere: this shard's part of the commands about all keys: KEYS, DBSIZE, RANDOMKEY, FLUSHALL, SCAN.
//
// Between nodes and shards such a command has one more argument: the slots that are asked for
// (SlotSet::bytes()). The shard answers for those of them that it serves just then, and says which those are:
// [slots, what is to be merged]. As no two are ever asked for the same slot, and nobody again who has
// answered for it, FLUSHALL clears each once: what is written behind that stays.
//
// Owned by a shard, on its thread.
#pragma once

#include <cstdint>
#include <limpet/base/random.hpp>
#include <limpet/base/slot_set.hpp>
#include <limpet/command/command.hpp>
#include <limpet/engine/engine.hpp>
#include <limpet/ownership/ownership.hpp>
#include <limpet/resp/reply.hpp>
#include <limpet/wide/figures.hpp>
#include <limpet/wide/names.hpp>
#include <optional>

namespace limpet::wide {

class KeysHere {
 public:
  KeysHere(const ShardConfig& config, const Now& now, Random& random, engine::Engine& engine,
           const ownership::Ownership& ownership, const Dispatch& dispatch, const Figures& figures)
      : config_(config),
        now_(now),
        random_(random),
        engine_(engine),
        ownership_(ownership),
        dispatch_(dispatch),
        figures_(figures) {}

  // Nothing: they are malformed. REQUIRES: !args.empty()
  [[nodiscard]] static std::optional<SlotSet> slots_asked_for(command::Args args);

  // Appends the answer. Returns how much has to be safe before it leaves.
  [[nodiscard]] Lsn run(const command::Spec& spec, command::Args args, resp::Version version, Bytes& out);

 private:
  [[nodiscard]] Lsn answer_roll(const command::Spec& spec, command::Args args, resp::Version version,
                                Bytes& out);
  [[nodiscard]] SlotSet slots_served(const SlotSet& wanted) const;
  [[nodiscard]] std::size_t confirmed_by_all(const SlotSet& slots) const;
  [[nodiscard]] std::uint64_t keys_in(const SlotSet& slots) const;
  void pick_key(const SlotSet& slots, resp::ReplyWriter& reply);

  const ShardConfig& config_;
  const Now& now_;
  Random& random_;
  engine::Engine& engine_;
  const ownership::Ownership& ownership_;
  const Dispatch& dispatch_;
  const Figures& figures_;
};

}  // namespace limpet::wide
