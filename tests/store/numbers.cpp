#include "numbers.hpp"

#include <algorithm>
#include <limpet/base/assert.hpp>
#include <limpet/base/limits.hpp>
#include <utility>

#include "keyspace.hpp"

namespace limpet::store::numbers {

namespace {

constexpr std::size_t kInlineMax = 16;
constexpr std::size_t kBlockNumbers = 1'000;

struct Block {
  Block* next = nullptr;
  std::uint64_t numbers[kBlockNumbers] = {};
};
// Outside: as many blocks as the numbers need.
struct Chain {
  Block* first = nullptr;
  std::uint64_t count = 0;
};

std::size_t blocks_for(std::uint64_t count) { return (count + kBlockNumbers - 1) / kBlockNumbers; }

std::uint64_t count_of(const char* record) {
  return is_outside(record) ? outside_of<Chain>(record).count : inline_size(record) / 8;
}

Block* block_at(Block* from, std::uint64_t steps) {
  for (; steps > 0; --steps) from = from->next;
  return from;
}

std::uint64_t number_at(const char* record, std::uint64_t index) {
  if (!is_outside(record)) return load_le<std::uint64_t>(inline_of(record).data() + index * 8);
  return block_at(outside_of<Chain>(record).first, index / kBlockNumbers)->numbers[index % kBlockNumbers];
}

void free_first(Records& records, Chain& chain) {
  Block* const block = chain.first;
  chain.first = block->next;
  records.count_freed(sizeof(Block) << 2);
  records.heap().give_block(block);
}

void resize_chain(Records& records, Chain& chain, std::uint64_t count) {
  Block** end = &chain.first;
  for (std::size_t left = blocks_for(count); left > 0; --left, end = &(*end)->next) {
    if (*end == nullptr) *end = new (records.heap().take_block(sizeof(Block))) Block;
  }
  Chain rest{.first = std::exchange(*end, nullptr)};
  while (rest.first != nullptr) free_first(records, rest);
  for (std::uint64_t at = count; at < chain.count && at % kBlockNumbers != 0; ++at) {
    block_at(chain.first, at / kBlockNumbers)->numbers[at % kBlockNumbers] = 0;
  }
  chain.count = count;
}

Handle make(Records& records, const Name& name, std::int64_t expiry) {
  Shape shape{name, expiry, kNumber, false};
  shape.outside = shape.bytes() + kInlineMax * 8 > kRecordCellMax;
  const Handle handle = records.build(shape);
  if (shape.outside) new (records.at(handle) + kOutsideAt) Chain;
  return handle;
}

Handle to_blocks(Records& records, Handle handle, const Name& name, std::int64_t expiry) {
  const Handle made = records.build(Shape{name, expiry, kNumber, true});
  const char* const from = records.at(handle);
  auto* const chain = new (records.at(made) + kOutsideAt) Chain;
  resize_chain(records, *chain, count_of(from));
  for (std::uint64_t i = 0; i < chain->count; ++i) chain->first->numbers[i] = number_at(from, i);
  records.free_cell(handle);
  return made;
}

Handle resize(Records& records, Handle handle, std::uint64_t count) {
  char* record = records.at(handle);
  if (!is_outside(record) && count > kInlineMax) {
    handle = to_blocks(records, handle, name_of(record), expiry_of(record));
    record = records.at(handle);
  }
  if (is_outside(record)) {
    resize_chain(records, outside_of<Chain>(record), count);
    return handle;
  }
  const std::string_view before = inline_of(record);
  const Handle made = records.build(Shape{name_of(record), expiry_of(record), kNumber, false, count * 8});
  char* const to = inline_at(records.at(made));
  std::memset(to, 0, count * 8);
  std::memcpy(to, before.data(), std::min(before.size(), count * 8));
  records.free_cell(handle);
  return made;
}

void write(char* record, std::uint64_t index, std::uint64_t number) {
  if (!is_outside(record)) return store_le(inline_at(record) + index * 8, number);
  block_at(outside_of<Chain>(record).first, index / kBlockNumbers)->numbers[index % kBlockNumbers] = number;
}

// ---- As a type ----

constexpr EffectLayout kEffects[] = {
    {.kind = kSet, .bits = kFresh, .parts = EffectLayout::offset | EffectLayout::value},
    {.kind = kCut, .parts = EffectLayout::offset},
};

void tell_set(EffectWriter& to, std::string_view key, std::uint64_t index, std::uint64_t number, bool fresh) {
  char bytes[8];
  store_le(bytes, number);
  to.head(kSet, key, fresh_bit(fresh));
  to.number(index);
  to.text({bytes, sizeof bytes});
}

void tell_cut(EffectWriter& to, std::string_view key, std::uint64_t count) {
  to.head(kCut, key);
  to.number(count);
}

std::size_t chain_bytes(const Records&, const char* record) {
  std::size_t bytes = 0;
  for (Block* block = outside_of<Chain>(record).first; block != nullptr; block = block->next) {
    bytes += Heap::block_room(block);
  }
  return bytes;
}

bool bury_block(Records& records, Grave& grave) {
  free_first(records, grave.as<Chain>());
  return grave.as<Chain>().first == nullptr;
}

void release(Records& records, char* record) {
  auto& chain = outside_of<Chain>(record);
  if (chain.first != nullptr) records.entomb(Grave::of(bury_block, chain));
}

bool has_many(const Records&, const char* record) { return count_of(record) > kCopySliceFields; }

void tell(const Records&, const char* record, const KeyChanges& to) {
  for (std::uint64_t i = 0; i < count_of(record); ++i) {
    tell_set(to.next(), to.key, i, number_at(record, i), i == 0);
  }
  if (expiry_of(record) != kNoExpiry) to.next().set_expiry(to.key, expiry_of(record));
}

std::uint64_t tell_piece(const Records&, const char* record, std::uint64_t at, std::size_t bytes,
                         const KeyChanges& to) {
  if (at == 0) to.next().erase(to.key);
  const std::uint64_t end =
      std::min<std::uint64_t>({count_of(record), at + bytes / 8, at + kCopySliceFields});
  for (std::uint64_t i = at; i < end; ++i) tell_set(to.next(), to.key, i, number_at(record, i), false);
  if (at == 0 && expiry_of(record) != kNoExpiry) to.next().set_expiry(to.key, expiry_of(record));
  return end < count_of(record) ? end : 0;
}

void set_in(Keyspace& keys, const KeyRef& key, std::uint64_t index, std::uint64_t number,
            std::int64_t unix_ms) {
  Spot spot = keys.locate_live(key, unix_ms);
  if (keys.telling()) tell_set(keys.telling().of(key), key.key, index, number, spot.word == nullptr);
  keys.make_if_absent(spot, kType);
  if (index >= count_of(keys.record_of(spot))) {
    keys.moved(spot, resize(keys.records(), handle_of(*spot.word), index + 1));
  }
  write(keys.record_of(spot), index, number);
}

void cut_in(Keyspace& keys, const KeyRef& key, std::uint64_t count, std::int64_t unix_ms) {
  Spot spot = keys.locate_live(key, unix_ms);
  if (spot.word == nullptr || count >= count_of(keys.record_of(spot))) return;
  LIMPET_ASSERT(type_of(keys.record_of(spot)) == kNumber);
  if (keys.telling()) tell_cut(keys.telling().of(key), key.key, count);
  keys.moved(spot, resize(keys.records(), handle_of(*spot.word), count));
  if (count == 0) keys.detach(spot);
}

std::string_view content(const Records&, const char* record, std::string& made) {
  for (std::uint64_t i = 0; i < count_of(record); ++i) {
    char bytes[8];
    store_le(bytes, number_at(record, i));
    made.append(bytes, sizeof bytes);
  }
  return made;
}

bool unpack(Keyspace& keys, const KeyRef& key, std::string_view content, std::int64_t expires_unix_ms,
            std::int64_t unix_ms) {
  if (content.empty() || content.size() % 8 != 0) return false;
  for (std::size_t at = 0; at < content.size(); at += 8) {
    set_in(keys, key, at / 8, load_le<std::uint64_t>(content.data() + at), unix_ms);
  }
  if (expires_unix_ms != kNoExpiry) keys.set_expiry(key, expires_unix_ms, unix_ms);
  return true;
}

void apply(Keyspace& keys, const KeyRef& key, const EffectView& effect) {
  if (effect.kind == kCut) return cut_in(keys, key, effect.offset, kBeforeAnyExpiry);
  if (effect.value.size() != 8) return;
  set_in(keys, key, effect.offset, load_le<std::uint64_t>(effect.value.data()), kBeforeAnyExpiry);
}

}  // namespace

const ValueType kType{
    .type = kNumber,
    .effects = kEffects,
    .make = make,
    .move_outside = to_blocks,
    .outside_bytes = chain_bytes,
    .release = release,
    .has_many = has_many,
    .tell = tell,
    .tell_piece = tell_piece,
    .mark = 'n',
    .content = content,
    .unpack = unpack,
    .apply = apply,
};

const ValueTypes& types() {
  static const ValueTypes all = [] {
    ValueTypes made = ValueTypes::built_in();
    made.add(kType);
    return made;
  }();
  return all;
}

void set(Store& store, const KeyRef& key, std::uint64_t index, std::uint64_t number, std::int64_t unix_ms) {
  set_in(store.keyspace(), key, index, number, unix_ms);
}

void cut(Store& store, const KeyRef& key, std::uint64_t count, std::int64_t unix_ms) {
  cut_in(store.keyspace(), key, count, unix_ms);
}

std::vector<std::uint64_t> all_of(const Item& item) {
  std::vector<std::uint64_t> all(count_of(item.record()));
  for (std::uint64_t i = 0; i < all.size(); ++i) all[i] = number_at(item.record(), i);
  return all;
}

}  // namespace limpet::store::numbers
