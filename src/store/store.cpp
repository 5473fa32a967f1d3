#include <limpet/base/hash.hpp>
#include <limpet/store/store.hpp>

#include "evictor.hpp"
#include "keyspace.hpp"
#include "scan.hpp"
#include "sweeper.hpp"
#include "values/hash.hpp"
#include "values/string.hpp"

namespace limpet::store {

// The keys, and who goes through them to take some out.
class Store::Impl {
 public:
  Impl(std::uint64_t of, const ValueTypes& types)
      : seed(of), keys(of, types), sweeper(keys), evictor(keys, of) {}

  const std::uint64_t seed;
  Keyspace keys;
  Sweeper sweeper;
  Evictor evictor;
};

Store::Store(std::uint64_t seed) : Store(seed, ValueTypes::built_in()) {}
Store::Store(std::uint64_t seed, const ValueTypes& types) : impl_(std::make_unique<Impl>(seed, types)) {}
Store::~Store() = default;

Keyspace& Store::keyspace() { return impl_->keys; }

void Store::prefetch(std::span<KeyRef* const> keys) const { impl_->keys.prefetch(keys); }
Item Store::find(const KeyRef& key, std::int64_t unix_ms) { return impl_->keys.find(key, unix_ms); }
Item Store::peek(const KeyRef& key, std::int64_t unix_ms) { return impl_->keys.peek(key, unix_ms); }
void Store::put_string(const KeyRef& key, std::string_view value, Expiry expiry, std::int64_t unix_ms) {
  strings::put(impl_->keys, key, value, expiry, unix_ms);
}
std::size_t Store::write_string(const KeyRef& key, std::size_t offset, std::string_view bytes,
                                std::int64_t unix_ms) {
  return strings::write(impl_->keys, key, offset, bytes, unix_ms);
}
bool Store::put_field(const KeyRef& key, std::string_view name, std::string_view value,
                      std::int64_t unix_ms) {
  return hashes::put(impl_->keys, key, name, value, unix_ms);
}
bool Store::erase_field(const KeyRef& key, std::string_view name, std::int64_t unix_ms) {
  return hashes::erase(impl_->keys, key, name, unix_ms);
}
bool Store::erase(const KeyRef& key, std::int64_t unix_ms) { return impl_->keys.erase(key, unix_ms); }
bool Store::set_expiry(const KeyRef& key, std::int64_t expires_unix_ms, std::int64_t unix_ms) {
  return impl_->keys.set_expiry(key, expires_unix_ms, unix_ms);
}
bool Store::rename(const KeyRef& from, const KeyRef& to, std::int64_t unix_ms) {
  return impl_->keys.rename(from, to, unix_ms);
}
bool Store::evict(std::uint64_t bytes_max, std::size_t sessions_max, std::int64_t unix_ms) {
  return impl_->evictor.evict(bytes_max, sessions_max, unix_ms);
}
void Store::clear() {
  impl_->keys.clear();
  impl_->sweeper.restart();
}
void Store::clear(Slot slot) { impl_->keys.clear(slot); }
void Store::erase_session(Slot slot, std::string_view uid) { impl_->keys.erase_session(slot, uid); }
void Store::set_sink(ChangeSink* sink) { impl_->keys.telling().set_sink(sink); }
void Store::suspend_reclaim(Slot slot) { impl_->keys.suspend_reclaim(slot, true); }
void Store::resume_reclaim(Slot slot) { impl_->keys.suspend_reclaim(slot, false); }
void Store::set_clock(std::int64_t unix_ms) { impl_->keys.records().set_clock(unix_ms); }
std::uint64_t Store::scan(Slot slot, std::uint64_t position, std::size_t count, std::int64_t unix_ms,
                          const std::function<void(const Item&)>& visit) {
  return store::scan(impl_->keys, slot, position, count, unix_ms, visit);
}
// One of all seeds there are in so many: a number that clients may see, and that says nothing of use of it.
std::uint64_t Store::seed_mark() const {
  constexpr std::uint64_t kMarkSeed = 0x5ca0'c025'0a2d'0001;
  constexpr std::uint64_t kMarks = (std::uint64_t{1} << kSeedMarkBits) - 1;
  const std::uint64_t& seed = impl_->seed;
  return 1 + hash64({reinterpret_cast<const char*>(&seed), sizeof seed}, kMarkSeed) % kMarks;
}
std::uint64_t Store::keys_in(Slot slot) const { return impl_->keys.counts().keys_in(slot); }
std::uint64_t Store::sessions_in(Slot slot) const { return impl_->keys.table(slot).count(); }
std::size_t Store::reclaim(std::int64_t unix_ms, std::size_t steps_max) {
  return impl_->sweeper.reclaim(unix_ms, steps_max);
}
const StoreStats& Store::stats() const { return impl_->keys.stats(); }

CopyScope::CopyScope(Store& store) : store_(store) { store_.keyspace().telling().begin_copy(); }
CopyScope::~CopyScope() { store_.keyspace().telling().end_copy(); }

}  // namespace limpet::store
