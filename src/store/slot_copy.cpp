#include <algorithm>
#include <limpet/base/limits.hpp>
#include <limpet/store/change.hpp>
#include <limpet/store/slot_copy.hpp>

namespace limpet::store {

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
        (item.type() == Type::hash && item.fields() > kCopySliceFields) || item.bytes() > kCopyPieceBytes;
    large ? void(large_.emplace_back(item.key())) : tell_item(sink, slot_, item.key(), item);
  });
  walked_ = scan_at_ == 0;
}

// The next piece of the first large value. What became of it meanwhile is among the changes.
void SlotCopy::copy_large(Store& store, ChangeSink& sink) {
  const Item item = store.peek(KeyRef::of(large_.front()), kBeforeAnyExpiry);
  if (large_at_ == 0) large_type_ = item.type();
  const bool done = item.type() == Type::none || item.type() != large_type_ ||
                    (item.type() == Type::hash ? copy_fields(item, sink) : copy_string(item, sink));
  if (!done) return;
  large_.pop_front();
  large_at_ = 0;
}

// So that a long name, which stands in each piece, is not most of what is told.
std::size_t SlotCopy::piece_bytes() const { return std::max(kCopyPieceBytes, large_.front().size()); }

bool SlotCopy::copy_string(const Item& item, ChangeSink& sink) {
  const std::string_view all = item.string();
  if (large_at_ >= all.size() && large_at_ != 0) return true;
  const std::string_view part = all.substr(large_at_, piece_bytes());
  if (large_at_ == 0) {
    sink.change_of(slot_).put_string(large_.front(), part, item.expires_unix_ms());
  } else {
    sink.change_of(slot_).write_string(large_.front(), large_at_, part, false);
  }
  large_at_ += part.size();
  return large_at_ >= all.size();
}

bool SlotCopy::copy_fields(const Item& item, ChangeSink& sink) {
  const std::string& key = large_.front();
  const bool first = large_at_ == 0;
  if (first) sink.change_of(slot_).erase(key);
  large_at_ = item.walk_fields(large_at_, kCopySliceFields, piece_bytes(),
                               [&](std::string_view name, std::string_view value) {
                                 sink.change_of(slot_).put_field(key, name, value, false);
                               });
  // With the first of them, so that no part of it can outlive the whole.
  if (first && item.expires_unix_ms() != kNoExpiry) {
    sink.change_of(slot_).set_expiry(key, item.expires_unix_ms());
  }
  return large_at_ == 0;
}

}  // namespace limpet::store
