#include <algorithm>
#include <limpet/base/limits.hpp>
#include <limpet/store/change.hpp>
#include <limpet/store/slot_copy.hpp>

#include "records.hpp"
#include "values/value_type.hpp"

namespace limpet::store {

namespace {

const ValueType& type_of(const Item& item) { return item.records().types().of(item.type()); }

}  // namespace

bool SlotCopy::go_on(Store& store, ChangeSink& sink, std::size_t keys) {
  // Large ones first, so that no more of their names are kept than one step over the keys finds.
  if (!large_.empty()) {
    copy_large(store, sink);
  } else if (!walked_) {
    copy_keys(store, sink, keys);
  }
  return walked_ && large_.empty();
}

// Keys whose time-out has passed, too: changes of them may be under way to whoever gets the copy.
void SlotCopy::copy_keys(Store& store, ChangeSink& sink, std::size_t keys) {
  scan_at_ = store.scan(slot_, scan_at_, keys, kBeforeAnyExpiry, [&](const Item& item) {
    const bool large =
        type_of(item).has_many(item.records(), item.record()) || item.bytes() > kCopyPieceBytes;
    large ? void(large_.emplace_back(item.key())) : tell_item(sink, slot_, item.key(), item);
  });
  walked_ = scan_at_ == 0;
}

// The next piece of the first large value. What became of it meanwhile is among the changes.
void SlotCopy::copy_large(Store& store, ChangeSink& sink) {
  const std::string& key = large_.front();
  const Item item = store.peek(KeyRef::of(key), kBeforeAnyExpiry);
  if (large_at_ == 0) large_type_ = item.type();
  if (item && item.type() == large_type_) {
    // So that a long name, which stands in each piece, is not most of what is told.
    const std::size_t bytes = std::max(kCopyPieceBytes, key.size());
    large_at_ = type_of(item).tell_piece(item.records(), item.record(), large_at_, bytes, {sink, slot_, key});
    if (large_at_ != 0) return;
  }
  large_.pop_front();
  large_at_ = 0;
}

}  // namespace limpet::store
