#include <limpet/store/store.hpp>

#include "impl.hpp"

namespace limpet::store {

namespace {

const Records& records_in(const void* records) { return *static_cast<const Records*>(records); }
const char* bytes_of(const void* record) { return static_cast<const char*>(record); }

}  // namespace

Type Item::type() const {
  if (record_ == nullptr) return Type::none;
  return is_hash(bytes_of(record_)) ? Type::hash : Type::string;
}
std::int64_t Item::expires_unix_ms() const { return expiry_of(bytes_of(record_)); }
std::string_view Item::key() const { return key_of(bytes_of(record_)); }
std::string_view Item::string() const { return string_of(bytes_of(record_)); }
std::size_t Item::fields() const { return records_in(records_).fields(bytes_of(record_)); }
bool Item::field(std::string_view name, std::string_view& value) const {
  return records_in(records_).field(bytes_of(record_), name, value);
}
void Item::each_field(const std::function<void(std::string_view, std::string_view)>& visit) const {
  records_in(records_).each_field(bytes_of(record_), visit);
}
std::uint64_t Item::walk_fields(std::uint64_t from, std::size_t count, std::size_t bytes,
                                const std::function<void(std::string_view, std::string_view)>& visit) const {
  return records_in(records_).walk_fields(bytes_of(record_), from, count, bytes, visit);
}

std::uint64_t Item::scan_fields(std::uint64_t position, std::size_t count,
                                const std::function<void(std::string_view, std::string_view)>& visit) const {
  return records_in(records_).scan_fields(bytes_of(record_), position, count, visit);
}
std::size_t Item::bytes() const { return records_in(records_).bytes_of(bytes_of(record_)); }
std::int64_t Item::idle_ms(std::int64_t unix_ms) const {
  return std::int64_t{idle_units(bytes_of(record_), seen_clock(unix_ms))} << 10;
}

Store::Store(std::uint64_t seed) : impl_(std::make_unique<Impl>(seed)) {}
Store::~Store() = default;

void Store::look_ahead(std::span<KeyRef* const> keys) const { impl_->look_ahead(keys); }
Item Store::find(const KeyRef& key, std::int64_t unix_ms) { return impl_->find(key, unix_ms); }
Item Store::peek(const KeyRef& key, std::int64_t unix_ms) { return impl_->peek(key, unix_ms); }
void Store::put_string(const KeyRef& key, std::string_view value, Expiry expiry, std::int64_t unix_ms) {
  impl_->put_string(key, value, expiry, unix_ms);
}
std::size_t Store::write_string(const KeyRef& key, std::size_t offset, std::string_view bytes,
                                std::int64_t unix_ms) {
  return impl_->write_string(key, offset, bytes, unix_ms);
}
bool Store::put_field(const KeyRef& key, std::string_view name, std::string_view value,
                      std::int64_t unix_ms) {
  return impl_->put_field(key, name, value, unix_ms);
}
bool Store::erase_field(const KeyRef& key, std::string_view name, std::int64_t unix_ms) {
  return impl_->erase_field(key, name, unix_ms);
}
bool Store::erase(const KeyRef& key, std::int64_t unix_ms) { return impl_->erase(key, unix_ms); }
bool Store::set_expiry(const KeyRef& key, std::int64_t expires_unix_ms, std::int64_t unix_ms) {
  return impl_->set_expiry(key, expires_unix_ms, unix_ms);
}
bool Store::rename(const KeyRef& from, const KeyRef& to, std::int64_t unix_ms) {
  return impl_->rename(from, to, unix_ms);
}
bool Store::evict(std::uint64_t bytes_max, std::size_t sessions_max, std::int64_t unix_ms) {
  return impl_->evict(bytes_max, sessions_max, unix_ms);
}
void Store::clear() { impl_->clear(); }
void Store::clear(Slot slot) { impl_->clear(slot); }
void Store::erase_session(Slot slot, std::string_view uid) { impl_->erase_session(slot, uid); }
void Store::set_sink(ChangeSink* sink) { impl_->set_sink(sink); }
void Store::copying(bool begins) { impl_->copying(begins); }
void Store::set_aside(Slot slot, bool aside) { impl_->set_aside(slot, aside); }
void Store::set_clock(std::int64_t unix_ms) { impl_->set_clock(unix_ms); }
std::uint64_t Store::scan(Slot slot, std::uint64_t position, std::size_t count, std::int64_t unix_ms,
                          const std::function<void(const Item&)>& visit) {
  return impl_->scan(slot, position, count, unix_ms, visit);
}
std::uint64_t Store::seed_mark() const { return impl_->seed_mark(); }
std::uint64_t Store::keys_in(Slot slot) const { return impl_->keys_in(slot); }
std::uint64_t Store::sessions_in(Slot slot) const { return impl_->sessions_in(slot); }
std::size_t Store::reclaim(std::int64_t unix_ms, std::size_t steps_max) {
  return impl_->reclaim(unix_ms, steps_max);
}
const StoreStats& Store::stats() const { return impl_->stats(); }

}  // namespace limpet::store
