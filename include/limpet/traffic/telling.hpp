// Telling: what nodes and shards tell each other of who owns what, and of themselves: the questions and
// answers of a start, and what has changed since.
//
// Each shard asks over its own links, and says with what it begins. The node that is asked lets its shards
// note that, and each of them answer for its slots, so that whoever has answered a start knows of it. From
// then on it tells of each change.
//
// It wires Ownership to links, peers and siblings, and keeps who has been told what. Owned by a shard, on its
// thread.
#pragma once

#include <cstdint>
#include <limpet/links/contact.hpp>
#include <limpet/links/file_watch.hpp>
#include <limpet/links/links.hpp>
#include <limpet/links/peers.hpp>
#include <limpet/links/siblings.hpp>
#include <limpet/ownership/ownership.hpp>
#include <limpet/traffic/config.hpp>
#include <limpet/traffic/effects.hpp>
#include <map>
#include <optional>
#include <string_view>

namespace limpet::traffic {

class Telling {
 public:
  Telling(const ShardConfig& config, ownership::Ownership& ownership, links::Links& links,
          links::Peers& peers, links::Siblings& siblings, Effects& effects, const Now& now)
      : config_(config),
        ownership_(ownership),
        links_(links),
        peers_(peers),
        siblings_(siblings),
        effects_(effects),
        now_(now) {}

  // What others are told by the greeting alone.
  void begin() { told_ = ownership_.standing(); }

  // ---- Asking ----
  // A node that is linked, for all that it has to say.
  void ask(NodeIndex node);
  // It says how it stands. False: that is nothing that a node says.
  [[nodiscard]] bool hears_news(NodeIndex node, std::string_view body);
  // A node has proved who it is: one that this one has not read about is to be known all the same.
  void introduce(StreamId peer);

  // ---- Answering ----
  // Another node asks, or goes on asking. False: that is nothing that a node says, or not now.
  [[nodiscard]] bool hears_ask(StreamId peer, const peer::Frame& frame);
  // Another shard of this node was asked.
  void hears_sibling_ask(unsigned sibling, const peer::Frame& frame);
  // Another shard has something to say of its slots: to the node that asked, or to all that have been
  // answered.
  void pass_on(const peer::Frame& frame);
  // The connection of a node is gone.
  void gone(StreamId peer) { askers_.erase(peer); }

  // ---- What has changed ----
  // Of this shard's slots: to nodes, and to the other shards.
  void tell_nodes();
  void tell_siblings();
  // Of this node, to other nodes; and to other threads of this one how it is with the other nodes.
  // `sessions`: of this shard.
  void tell_of_itself(std::uint64_t sessions);

  // ---- Cluster files ----
  void files_change() { files_.changed(now_); }
  // One shard says so for all.
  void compare_files(NodeIndex node);
  void tick_files();

 private:
  // A node that has asked.
  struct Asker {
    unsigned answers_due = 0;  // of this node's shards, to what it asked first
    bool answered = false;     // it has been told all, and hears of changes
  };

  void send_words(std::string_view body);
  void note_asked(std::string_view body);
  void answer(StreamId peer, Asker& asker);
  void answered_in_part(StreamId peer, Asker& asker);
  void send_news(StreamId peer);

  const ShardConfig& config_;
  ownership::Ownership& ownership_;
  links::Links& links_;
  links::Peers& peers_;
  links::Siblings& siblings_;
  Effects& effects_;
  const Now& now_;
  std::map<StreamId, Asker> askers_;
  peer::Standing told_{};
  std::uint64_t told_sessions_ = 0;
  std::int64_t counted_sessions_ms_ = 0;  // steady: when it was last looked how many there are
  links::ContactWatch contact_;
  links::FileWatch files_;
};

}  // namespace limpet::traffic
