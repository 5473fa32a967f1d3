#include "record.hpp"

namespace limpet::store {

void write_head(char* record, const Shape& shape, std::uint32_t clock) {
  const unsigned flags = shape.flags();
  const std::string_view key = shape.name.key;
  record[0] = static_cast<char>(flags);
  record[1] = (flags & kLongKey) != 0 ? '\0' : static_cast<char>(key.size());
  set_inline_size(record, shape.type, shape.inline_bytes);
  set_seen(record, clock);
  if ((flags & kLongKey) != 0) store_le(record + uid_at(flags) - 4, static_cast<std::uint32_t>(key.size()));
  if ((flags & kUidPart) != 0) {
    char* const at = record + uid_at(flags);
    if ((flags & kLongKey) != 0) {
      store_le(at, shape.name.uid_offset);
      store_le(at + 4, shape.name.uid_size);
    } else {
      at[0] = static_cast<char>(shape.name.uid_offset);
      at[1] = static_cast<char>(shape.name.uid_size);
    }
  }
  set_expiry_bytes(record, shape.expiry);
  if (!key.empty()) std::memcpy(record + kKeyAt[flags], key.data(), key.size());
}

}  // namespace limpet::store
