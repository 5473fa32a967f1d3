// Gathers: the commands of several parts of one shard, while their parts are under way.
//
// Parts are the sessions of a split command (MGET, DEL ...), the shards of a node, or the nodes of the
// cluster. A RENAME from session to session and a SCAN of one slot ask one holder at a time, and a command
// about all keys asks nodes until each slot has been answered for (roll_call.hpp).
//
//     begin_...() --> asks ... --> answered() ... --> reply or report
//                      ^                |
//                      |                v  parts are missing, or another step is due
//                      +-- located() <- tick()
//
// What follows from an event stands in take(), to be done in that order; whoever does it may answer with
// further events at once. What these ask for comes behind all that was taken before, and is taken next.
//
// Owned by the shard; used by one thread. Times are steady milliseconds.
#pragma once

#include <cstdint>
#include <limpet/base/slab.hpp>
#include <limpet/base/stream.hpp>
#include <limpet/cluster/view.hpp>
#include <limpet/gather/actions.hpp>
#include <limpet/gather/part.hpp>
#include <limpet/gather/split_keys.hpp>
#include <limpet/gather/whereabouts.hpp>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::command {
struct PairRequest;
}

namespace limpet::gather {

struct Gather;

// What is common to all.
struct Head {
  command::Merge merge = command::Merge::none;
  Origin asker{};
  resp::Version version = resp::Version::resp2;
  bool write = false;
  bool authenticated = true;  // is the client
  bool part = false;          // the reply is one of another node's parts
  std::uint64_t random = 0;   // for Merge::pick
};

// What Merge::least is to come to. Until then, or until time is over, all are asked again with every tick.
struct Enough {
  std::int64_t least = 0;
  std::int64_t until_ms = 0;
  std::int64_t round_ms = 0;  // for so long those who have not answered are asked again in one round
};

// A command about all keys: its last argument stands for the slots that are asked for.
struct Roll {
  SlotSet slots;
  std::int64_t until_ms = 0;  // what is not answered for by then is given up
  std::optional<Enough> enough{};
};

class Gathers {
 public:
  Gathers(NodeIndex self, unsigned shards, std::shared_ptr<const cluster::View> view);
  ~Gathers();
  Gathers(const Gathers&) = delete;
  Gathers& operator=(const Gathers&) = delete;

  // Nodes keep their numbers.
  void set_view(std::shared_ptr<const cluster::View> view) { view_ = std::move(view); }

  // ---- A command begins ----
  // What `keys` points into has to live until what follows is done.
  void begin_split(const Head& head, const SplitKeys& keys);
  void begin_relocation(const Head& head, const command::PairRequest& request, std::string_view from,
                        std::string_view to);
  void begin_shards(const Head& head, command::Args args, std::optional<Roll> roll = {});
  void begin_nodes(const Head& head, command::Args args, std::span<const NodeIndex> nodes);
  // Asks whoever holds the slot, and nobody else.
  void begin_holder(const Head& head, command::Args args, Slot slot);
  // Asks nodes for the slots that they hold.
  void begin_roll_call(const Head& head, command::Args args, const Roll& roll);
  // Of those nodes alone that answer: of a command about all keys, or a SCAN, which asks these nodes.
  void begin_partial_roll_call(const Head& head, command::Args args, const Roll& roll);
  void begin_partial_scan(const Head& head, command::Args args, std::span<const NodeIndex> nodes);

  // ---- Events ----
  // `part`: Ask::part. `asker_is_there`: the client or node that has asked for the whole. `lsn`: what the
  // answer shows, if it need not be safe before.
  void answered(const Origin& part, peer::Outcome outcome, std::string_view body, bool asker_is_there,
                Lsn lsn = 0);
  void located(std::uint64_t gather, const Whereabouts& where, bool asker_is_there, std::int64_t now_ms);
  // `why`: it is of no use; empty: it may be.
  void explained(std::uint64_t gather, std::string_view why);
  // Slots that were missing are asked for again.
  void tick();
  // Nothing is asked again for want of more.
  void stop() { stopping_ = true; }
  // The client has gone: nobody wants what its reads have gathered.
  void gone(StreamId client);

  // What is to be done next; it is good until the next take(). REQUIRES: what was taken before is done.
  [[nodiscard]] bool has_work() const { return !next_.empty(); }
  [[nodiscard]] Actions& take();

 private:
  using Name = Slab<Gather>::Name;

  std::pair<Name, Gather&> begin(const Head& head);
  [[nodiscard]] Origin next_part(Name name, Gather& gather, NodeIndex node);
  void ask(Name name, Gather& gather, Ask ask, command::Args args);
  void ask_node(Name name, Gather& gather, NodeIndex node, command::Args args);
  void ask_shards(Name name, Gather& gather, command::Args args, const std::optional<Roll>& roll);
  void ask_own_shards(const Gather& whole, const Origin& part, command::Args args);
  void ask_nodes(Name name, Gather& gather, std::span<const NodeIndex> nodes);
  void ask_holder(Name name, Gather& gather, Slot slot, const std::vector<std::string_view>& args,
                  bool write);
  void ask_for_missing(Name name, Gather& gather, const Whereabouts& where);
  void ask_step(Name name, Gather& gather);
  void call(const Head& head, command::Args args, const Roll& roll, bool partial);
  void locate(Name name, const SlotSet& slots);
  void asked(Name name, Gather& gather);
  void all_answered(Name name, Gather& gather);
  [[nodiscard]] bool walk_goes_on(Name name, Gather& gather);
  [[nodiscard]] bool roll_goes_on(Name name, Gather& gather);
  [[nodiscard]] bool begin_round(Gather& gather, std::int64_t now_ms) const;
  void judge_partial(Name name, Gather& gather, const Whereabouts& where, std::int64_t now_ms);
  void account(Gather& gather);
  void finish(Name name, Gather& gather);
  void end(Name name, Gather& gather, Bytes body);

  NodeIndex self_;
  unsigned shards_;
  std::shared_ptr<const cluster::View> view_;
  Slab<Gather> under_way_;
  std::vector<Name> waiting_;  // for the next tick
  bool stopping_ = false;
  Actions next_;
  Actions taken_;
};

}  // namespace limpet::gather
