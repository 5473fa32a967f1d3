// Shard: the deterministic whole of one core. Events go in, effects come out.
//
// It owns the sessions of its slots, the state of the client connections, links and accepted peers that its
// thread serves, and the commands that are under way. It touches no socket, clock or random number: a driver
// (net, or a simulation) hands in bytes and time, and then looks at effects() for what to do. Driven in the
// same way, it does the same thing, bit for bit.
//
// One thread. Every function runs to completion; none keeps a view of its arguments.
//
// What a driver does:
//   - opened()/connected()/received()/written()/closed() as its streams live;
//   - tick() every kTickMs; from_sibling() when a batch came from another shard of the node;
//   - then drains effects(): dials; dirty streams (write stream(id)->out unless ->held, and report it with
//     written(); read only while ->reading; close once ->finished and ->out is empty, or ->aborted); what is
//     for the node; batches for siblings.
#pragma once

#include <cstdint>
#include <functional>
#include <limpet/base/bytes.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/base/result.hpp>
#include <limpet/base/secrets.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/base/stream.hpp>
#include <limpet/base/time.hpp>
#include <limpet/clients/client_origin.hpp>
#include <limpet/cluster/members.hpp>
#include <limpet/cluster/view.hpp>
#include <limpet/handoff/crash_point.hpp>
#include <limpet/journal/snapshotter.hpp>
#include <limpet/links/company.hpp>
#include <limpet/links/link.hpp>
#include <limpet/ownership/handoff_config.hpp>
#include <limpet/replica/leader.hpp>
#include <limpet/reports/info.hpp>
#include <limpet/reports/stats.hpp>
#include <limpet/traffic/config.hpp>
#include <limpet/traffic/effects.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet::shard {

using clients::ClientOrigin;
using cluster::NodeIndex;
using links::Company;
using links::Dial;
using links::kNobodyListens;
using ownership::Boots;
using ownership::Founding;
using ownership::HandoffConfig;
using reports::Counters;
using reports::HandoffStats;
using reports::ShardStats;
using traffic::Effects;
using traffic::LeavingNews;
using traffic::LinkNote;
using traffic::NodeEffects;
using traffic::Note;
using traffic::Order;
using traffic::part_of;
using traffic::ShardConfig;
using traffic::ShardTunables;
using traffic::Stranger;
using traffic::TitleWrite;

// Slots of a shard as they are loaded: effects that stand one after the other in `bytes`.
struct LoadPiece {
  enum class End : std::uint8_t {
    none,     // more of this slot follows in the next piece
    whole,    // this is all of it
    damaged,  // it is not to be served
  };
  struct Step {
    Slot slot = 0;
    End end = End::none;
    std::size_t bytes = 0;
    std::uint64_t changes = 0;       // of the slot in all, where it ends whole
    journal::SlotVersion version{};  // of the last of them
  };
  Bytes bytes;
  std::vector<Step> steps;
};

class Reactor;

class Shard {
 public:
  Shard(ShardConfig config, ShardTunables tunables, Now now);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  // ---- Streams ----
  StreamId client_opened(const ClientOrigin& origin, Now now);
  StreamId peer_opened(const std::string& address, Now now);
  // A dial is not over, and may take so much longer for what it does now.
  void dial_goes_on(StreamId link, std::string_view doing, std::int64_t ms, Now now);
  void connected(StreamId link, Now now);  // a dial succeeded; one that failed is closed()
  void received(StreamId id, std::string_view bytes, Now now);
  void written(StreamId id, std::size_t bytes, Now now);
  // The other side sends no more. True: it is still owed something, and its stream will be finished once that
  // is written; false: it is to be closed.
  [[nodiscard]] bool ended(StreamId id, Now now);
  void closed(StreamId id, std::string_view reason, Now now);
  [[nodiscard]] Stream* stream(StreamId id);  // null: no longer there

  // ---- Siblings and time ----
  void from_sibling(unsigned sibling, std::string_view batch, Now now);
  void tick(Now now);
  void go_on(Now now);  // with clients whose turn had ended before their commands had

  // ---- What to do. The driver empties the lists that it has worked off. ----
  [[nodiscard]] Effects& effects();
  // Moves what is waiting for siblings into effects().batches.
  void take_batches();

  // ---- The journal ----
  // What the slots' changes were, in any order of slots. Commands for a slot wait until it is there, for
  // kLoadingWaitMs at most; what they wait for is in effects().wanted.
  void take_load(const LoadPiece& piece, Now now);
  // Moves the changes since the last call into effects().changes. Whoever is told of them waits for
  // durable().
  void take_changes();
  // The same at the very end, with a mark of what is synced even if there are none.
  void end_changes();
  // The changes up to this position of the stream are safe, as far as the node promises it.
  void durable(std::uint64_t position, Now now);
  // They are on the disk. The stream will say so.
  void synced(std::uint64_t position, Now now);
  // While there is trouble, writes are refused for this reason; empty: it is over. Those that wait go on
  // waiting.
  void journal_trouble(const std::string& why);
  // Nothing more will be durable: who waits is told that the outcome is in doubt, or closed, and writes are
  // refused.
  void journal_failed(const std::string& why, Now now);

  // So many bytes of journals were found that only a snapshot can take the place of. Huge: it is due at once.
  void inherit(std::uint64_t journal_bytes);
  // So much of a snapshot is written; it is on the disk in whole; it cannot be written.
  void snapshot_written(std::size_t bytes, Now now);
  void snapshot_done(std::uint64_t covers);
  void snapshot_failed(Now now);

  // ---- Slots that change hands ----
  // Another cluster file is in force, or a node has become known. Nodes keep their numbers. REQUIRES:
  // hand-overs are configured.
  void set_view(std::shared_ptr<const cluster::View> view, Now now);
  // The titles in effects() are on the disk; or they may be or not, and no later one will be.
  void titles_written(const std::vector<Slot>& slots, Now now);
  void titles_failed(const std::vector<Slot>& slots, const std::string& why, Now now);
  // They are not on the disk for want of room, for certain, and others may be before long.
  void titles_without_room(const std::vector<Slot>& slots, const std::string& why, Now now);

  // ---- The life of the node ----
  // What has become of an order: what to say of it, or why it was not carried out.
  void ordered(std::uint64_t ticket, const Result<std::string>& outcome, Now now);
  void reload(ShardTunables tunables);
  // Tells peers that it stops, answers what clients have sent so far, finishes their streams.
  void drain(Now now);
  // True once nothing is under way any more.
  [[nodiscard]] bool drained() const;
  // It has slots by its disk of which it does not know yet whether they are still its own.
  [[nodiscard]] bool in_start() const;
  [[nodiscard]] ShardStats stats();
  // Of the slots that it owns.
  [[nodiscard]] replica::CopiesCount copies() const;

 private:
  std::unique_ptr<Reactor> reactor_;
};

}  // namespace limpet::shard
