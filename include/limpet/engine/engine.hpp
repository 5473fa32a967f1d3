// Engine: runs commands on the sessions of a shard, and says how much must be safe before their replies may
// leave.
//
// It owns the sessions, the journal's stream, the count of what was run, and the bound on memory. It knows no
// client, no node and no route: whoever calls it has made sure that the keys are its own. One thread, the
// shard's; time comes in.
#pragma once

#include <cstdint>
#include <limpet/base/bytes.hpp>
#include <limpet/base/lsn.hpp>
#include <limpet/base/result.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/base/time.hpp>
#include <limpet/command/command.hpp>
#include <limpet/engine/change_feed.hpp>
#include <limpet/engine/command_stats.hpp>
#include <limpet/engine/durability.hpp>
#include <limpet/engine/snapshot_pacer.hpp>
#include <limpet/engine/write_veto.hpp>
#include <limpet/journal/segment.hpp>
#include <limpet/resp/reply.hpp>
#include <limpet/store/store.hpp>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace limpet::engine {

// A command to be run. Views: whoever has it run keeps what they point to.
struct Command {
  const command::Spec& spec;
  command::Args args;
  resp::Version version;
  const KeyRef* key = nullptr;  // that of args[spec.route_key()], if it is known already
};

// What came of one.
struct Executed {
  Lsn reply_lsn = 0;  // its reply may leave once that much is safe
};

// What came of several that were run as one.
struct BatchDone {
  Lsn reply_lsn = 0;    // of all of their replies
  bool undone = false;  // nothing has changed, and `out` has got one error
};

class Engine {
 public:
  struct Setup {
    std::uint64_t table_seed = 0;
    std::optional<journal::SegmentHeader> journal{};  // of its stream; none: none is kept
    std::uint64_t (*ticks_ns)() = nullptr;            // to time commands by; null: none is timed
  };
  struct Memory {
    std::uint64_t max = 0;  // bytes of sessions; 0: no bound
    bool evict = false;     // idle sessions make room; else writes are refused
  };
  explicit Engine(const Setup& setup);

  void set_memory(const Memory& memory) { memory_ = memory; }
  // From now on it is asked about each write of a command; null: nobody is. REQUIRES: changes are recorded.
  void set_write_veto(const WriteVeto* veto) { write_veto_ = veto; }

  // ---- Commands ----
  // Appends the reply.
  Executed run(const Command& command, Bytes& out, Now now);
  // Several commands on keys of one slot, with nothing in between: appends their replies, one after the
  // other. Their changes are one record of the stream, as long as they are no more than kRecordSplitBytes.
  // `whole`: if one of them fails, all that they did is undone, and its error is the only reply; else the
  // others run all the same.
  BatchDone run_batch(Slot slot, std::span<const Command> commands, bool whole, Bytes& out, Now now);
  // The same for a step of a command that no client sends (command/relocate.hpp): `key` is what it is about.
  Executed run_step(command::Args args, std::string_view key, resp::Version version, Bytes& out, Now now);
  // Answers it with an error instead.
  void refuse(const Command& command, std::string_view error, Bytes& out);
  // Puts there what was on the disk; that is no change. What is there of the slot after an error is nothing.
  [[nodiscard]] Result<void> load(Slot slot, std::string_view effects, Now now);
  // May so much of a slot that comes from another node be taken in, if need be at the cost of idle sessions?
  [[nodiscard]] bool takes_in(std::size_t bytes, Now now);
  // The same of a copy, for which no session makes room.
  [[nodiscard]] bool has_room(std::size_t bytes) const {
    return memory_.max == 0 || store_.stats().bytes + bytes <= memory_.max;
  }

  // ---- The journal ----
  // What its stream has got since the last call. REQUIRES: has_changes().
  [[nodiscard]] bool has_changes() const { return feed_.journal() != nullptr && !feed_.journal()->empty(); }
  [[nodiscard]] Bytes take_changes();
  // The node ends: the same, and what is to stand at the end. Empty: nothing is.
  [[nodiscard]] Bytes take_last_changes();
  // It is as safe up to there as the durability mode wants it.
  void durable(Lsn up_to);

  // ---- Parts ----
  [[nodiscard]] store::Store& store() { return store_; }
  [[nodiscard]] const store::Store& store() const { return store_; }
  [[nodiscard]] ChangeFeed& feed() { return feed_; }
  [[nodiscard]] const ChangeFeed& feed() const { return feed_; }
  [[nodiscard]] Durability& durability() { return durability_; }
  [[nodiscard]] const Durability& durability() const { return durability_; }
  [[nodiscard]] CommandStats& stats() { return stats_; }
  [[nodiscard]] const CommandStats& stats() const { return stats_; }
  // Null: there is no journal to be kept short.
  [[nodiscard]] SnapshotPacer* snapshots() { return snapshots_.get(); }
  [[nodiscard]] const SnapshotPacer* snapshots() const { return snapshots_.get(); }

 private:
  void execute(const Command& command, Bytes& out, Now now);
  void execute_timed(const Command& command, Bytes& out, Now now);
  void perform(const Command& command, Bytes& out, Now now);
  [[nodiscard]] std::string why_no_write(const Command& command) const;
  [[nodiscard]] std::string why_no_batch(Slot slot, std::span<const Command> commands, Now now);
  Executed run_recorded(const Command& command, Bytes& out, Now now);
  [[nodiscard]] Lsn shown_by(const Command& command) const;
  [[nodiscard]] bool make_room_for(command::Args args, Now now);
  [[nodiscard]] bool make_room(std::size_t bytes, Now now);

  store::Store store_;
  ChangeFeed feed_;
  Durability durability_;
  std::optional<Durability::Confirmer> disk_;
  CommandStats stats_;
  std::unique_ptr<SnapshotPacer> snapshots_;
  Memory memory_;
  const WriteVeto* write_veto_ = nullptr;
  bool in_batch_ = false;  // for which room has been made
  std::uint64_t (*ticks_ns_)();
};

}  // namespace limpet::engine
