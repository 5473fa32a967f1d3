// SimDisk: what one node of a simulated cluster has on its disk: its titles, and the journals of all its
// runs.
//
// What was written is there after a crash once it was synced; of the rest of a journal a part at random.
#pragma once

#include <cstdint>
#include <functional>
#include <limpet/handoff/title_book.hpp>
#include <limpet/journal/segment.hpp>
#include <limpet/shard/shard.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::shard {

class SimDisk {
 public:
  using Random = std::function<std::uint64_t(std::uint64_t below)>;

  // A start of the node: titles as they stood, raised if the last run was not stopped in good order. Its boot
  // is named by `random`, too.
  void boot(bool keeps_journal, std::uint64_t random);
  // The end of a run.
  void crash(const Random& random);
  void stop() { book.stop(); }

  // ---- The journal ----
  [[nodiscard]] journal::SegmentHeader begin_stream(unsigned shards, unsigned shard, std::uint64_t nonce);
  void append(unsigned shard, std::string_view changes);
  // Everything so far; returns how far that is.
  std::uint64_t sync(unsigned shard);
  // What a shard is to load.
  [[nodiscard]] LoadPiece load(unsigned shards, unsigned shard) const;

  // All strings that a start would find, by their keys.
  [[nodiscard]] std::map<std::string, std::string> strings() const;

  handoff::TitleBook book;
  // The highest boots that nodes were heard of, this one included if it was not this disk's.
  std::map<std::string, std::uint64_t> heard;

 private:
  struct Stream {
    journal::SegmentHeader header;
    std::string bytes;  // behind the header
    std::size_t synced = 0;
  };
  [[nodiscard]] Stream& current(unsigned shard);

  std::vector<Stream> streams_;
};

}  // namespace limpet::shard
