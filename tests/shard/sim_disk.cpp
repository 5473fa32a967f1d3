#include "sim_disk.hpp"

#include <gtest/gtest.h>

#include <limpet/base/assert.hpp>
#include <limpet/handoff/floors.hpp>
#include <limpet/journal/recovery.hpp>
#include <limpet/store/change.hpp>
#include <limpet/store/store.hpp>

namespace limpet::shard {

void SimDisk::boot(bool keeps_journal, std::uint64_t random) {
  if (!book.stopped()) book.raise();
  book.boot(handoff::boot_id(handoff::counter_of(book.boot()) + 1, random));
  if (journal::earlier_runs(keeps_journal) == journal::EarlierRuns::set_aside) streams_.clear();
}

void SimDisk::crash(const Random& random) {
  for (Stream& stream : streams_) {
    if (stream.header.stream.generation != book.boot()) continue;
    stream.bytes.resize(stream.synced + random(stream.bytes.size() - stream.synced + 1));
    stream.synced = stream.bytes.size();
  }
}

journal::SegmentHeader SimDisk::begin_stream(unsigned shards, unsigned shard, std::uint64_t nonce) {
  const journal::SegmentHeader header{
      .stream = {.generation = book.boot(), .shard = shard}, .shards = shards, .number = 1, .nonce = nonce};
  streams_.push_back({header, {}, 0});
  return header;
}

SimDisk::Stream& SimDisk::current(unsigned shard) {
  for (Stream& stream : streams_) {
    const journal::StreamName& name = stream.header.stream;
    if (name.generation == book.boot() && name.shard == shard) return stream;
  }
  LIMPET_ASSERT(false);
}

void SimDisk::append(unsigned shard, std::string_view changes) { current(shard).bytes += changes; }

std::uint64_t SimDisk::sync(unsigned shard) {
  Stream& stream = current(shard);
  return stream.synced = stream.bytes.size();
}

LoadPiece SimDisk::load(unsigned shards, unsigned shard) const {
  std::vector<std::string> files;
  for (const Stream& stream : streams_) {
    if (stream.header.stream.generation == book.boot()) continue;
    Bytes head;
    journal::append_header(head, stream.header);
    files.push_back(std::string(head.view()) + stream.bytes);
  }
  journal::Recovery recovery;
  for (std::size_t i = 0; i < files.size(); ++i) recovery.add("file " + std::to_string(i), files[i]);
  recovery.leave_out_below(handoff::floors_of(book.titles()));
  recovery.finish();
  for (const journal::Finding& finding : recovery.findings()) {
    EXPECT_NE(finding.kind, journal::Finding::Kind::damage) << finding.text;
  }
  LoadPiece piece;
  for (unsigned number = shard; number < kSlots; number += shards) {
    const auto slot = static_cast<Slot>(number);
    EXPECT_FALSE(recovery.damaged(slot)) << slot;
    const std::size_t before = piece.bytes.size();
    recovery.each_change(slot, [&](std::string_view effects) { piece.bytes.append(effects); });
    piece.steps.push_back({.slot = slot,
                           .end = LoadPiece::End::whole,
                           .bytes = piece.bytes.size() - before,
                           .changes = recovery.last_sequence(slot),
                           .version = recovery.version(slot)});
  }
  return piece;
}

std::map<std::string, std::string> SimDisk::strings() const {
  SimDisk next = *this;
  next.boot(true, 0);
  const LoadPiece piece = next.load(1, 0);
  store::Store store(0);
  std::string_view bytes = piece.bytes.view();
  std::map<std::string, std::string> found;
  for (const LoadPiece::Step& step : piece.steps) {
    LIMPET_ASSERT(store::apply(store, step.slot, bytes.substr(0, step.bytes), 0));
    bytes.remove_prefix(step.bytes);
    constexpr std::size_t kAll = 1'000'000;
    store.scan(step.slot, 0, kAll, 0, [&](const store::Item& item) {
      if (item.type() == store::Type::string) found.emplace(item.key(), item.string());
    });
  }
  return found;
}

}  // namespace limpet::shard
