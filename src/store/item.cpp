#include <limpet/store/item.hpp>

#include "record.hpp"
#include "records.hpp"
#include "values/hash.hpp"
#include "values/string.hpp"

namespace limpet::store {

Type Item::type() const { return record_ == nullptr ? Type::none : type_of(record_); }
std::int64_t Item::expires_unix_ms() const { return expiry_of(record_); }
std::string_view Item::key() const { return key_of(record_); }
std::string_view Item::string() const { return strings::view_of(record_); }
std::size_t Item::fields() const { return hashes::count_fields(*records_, record_); }
bool Item::field(std::string_view name, std::string_view& value) const {
  return hashes::find_field(*records_, record_, name, value);
}
void Item::each_field(const std::function<void(std::string_view, std::string_view)>& visit) const {
  hashes::scan(*records_, record_, 0, SIZE_MAX, visit);
}
std::uint64_t Item::scan_fields(std::uint64_t position, std::size_t count,
                                const std::function<void(std::string_view, std::string_view)>& visit) const {
  return hashes::scan(*records_, record_, position, count, visit);
}
std::size_t Item::bytes() const { return records_->bytes_of(record_); }
std::int64_t Item::idle_ms(std::int64_t unix_ms) const {
  return std::int64_t{idle_units(record_, seen_clock(unix_ms))} << 10;
}

}  // namespace limpet::store
