// GatedReplies: replies to other shards, to other nodes and to gathers, that show changes which are not safe
// yet. Each leaves once all up to its LSN is, in the order in which they came.
//
// For other shards a bounded part of them is kept, as nobody reads from the other end of a queue between
// shards.
//
// Owned by a shard, on its thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limpet/base/bytes.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/base/lsn.hpp>
#include <limpet/forward/pending.hpp>
#include <limpet/peer/frame.hpp>
#include <optional>
#include <utility>
#include <vector>

namespace limpet::forward {

struct GatedReply {
  Lsn lsn = 0;
  Origin origin;
  peer::Outcome outcome = peer::Outcome::done;
  std::size_t charged = 0;  // to whoever asked
  Bytes body;
};

class GatedReplies {
 public:
  // Is there room for one more of so many bytes?
  [[nodiscard]] bool has_room(const Origin& origin, std::size_t bytes) const {
    return origin.kind != Origin::Kind::sibling || for_siblings_ <= kLinkBytesMax ||
           bytes <= kFirstReplyBytes;
  }
  void add(GatedReply reply) {
    count(reply, true);
    replies_.push_back(std::move(reply));
  }
  // The next that may leave, now that so much is safe.
  [[nodiscard]] std::optional<GatedReply> next(Lsn safe) {
    if (replies_.empty() || replies_.front().lsn > safe) return std::nullopt;
    return take_first();
  }
  // Those that show something of this part of the stream, whatever is safe.
  [[nodiscard]] std::vector<GatedReply> take_within(Lsn behind, Lsn up_to) {
    std::vector<GatedReply> taken;
    std::deque<GatedReply> kept;
    for (GatedReply& reply : replies_) {
      const bool within = behind < reply.lsn && reply.lsn <= up_to;
      if (within) count(reply, false);
      within ? taken.push_back(std::move(reply)) : kept.push_back(std::move(reply));
    }
    replies_ = std::move(kept);
    return taken;
  }
  // The first of all, whatever is safe.
  [[nodiscard]] std::optional<GatedReply> take_first() {
    if (replies_.empty()) return std::nullopt;
    std::optional<GatedReply> first = std::move(replies_.front());
    replies_.pop_front();
    count(*first, false);
    return first;
  }
  [[nodiscard]] bool empty() const { return replies_.empty(); }

 private:
  void count(const GatedReply& reply, bool comes) {
    if (reply.origin.kind != Origin::Kind::sibling) return;
    comes ? for_siblings_ += reply.body.size() : for_siblings_ -= reply.body.size();
  }

  std::deque<GatedReply> replies_;
  std::size_t for_siblings_ = 0;  // bytes
};

}  // namespace limpet::forward
