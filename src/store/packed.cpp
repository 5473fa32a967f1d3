#include <limpet/base/assert.hpp>
#include <limpet/base/bytes.hpp>
#include <limpet/store/packed.hpp>

#include "keyspace.hpp"
#include "values/value_type.hpp"

namespace limpet::store {

namespace {

constexpr std::size_t kPackedHeadBytes = 1 + 8;

const ValueType& value_type(const Item& item) { return item.records().types().of(item.type()); }

}  // namespace

std::string pack(const Item& item) {
  char head[kPackedHeadBytes];
  head[0] = value_type(item).mark;
  store_le(head + 1, item.expires_unix_ms());
  std::string unused;
  std::string packed(head, sizeof head);
  packed.append(value_type(item).content(item.records(), item.record(), unused));
  return packed;
}

bool unpack(Store& store, const KeyRef& key, std::string_view packed, std::int64_t unix_ms) {
  if (packed.size() < kPackedHeadBytes) return false;
  Keyspace& keys = store.keyspace();
  const ValueType* const type = keys.records().types().marked(packed.front());
  const auto expires = load_le<std::int64_t>(packed.data() + 1);
  return type != nullptr && type->unpack(keys, key, packed.substr(kPackedHeadBytes), expires, unix_ms);
}

void copy(Store& store, const Item& from, const KeyRef& to, std::int64_t unix_ms) {
  std::string made;
  const std::int64_t expires = from.expires_unix_ms();
  const ValueType& type = value_type(from);
  const std::string_view content = type.content(from.records(), from.record(), made);
  const bool done = type.unpack(store.keyspace(), to, content, expires, unix_ms);
  LIMPET_ASSERT(done);
}

}  // namespace limpet::store
