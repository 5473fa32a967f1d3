#include <limpet/base/time.hpp>
#include <limpet/store/change.hpp>

#include "effect_layout.hpp"

namespace limpet::store {

namespace {

unsigned timed_bit(std::int64_t expires_unix_ms) { return expires_unix_ms == kNoExpiry ? 0 : kTimed; }

}  // namespace

void EffectWriter::number(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out_->push_back(static_cast<char>(value | 0x80));
  out_->push_back(static_cast<char>(value));
}

void EffectWriter::text(std::string_view value) {
  number(value.size());
  out_->append(value);
}

void EffectWriter::head(Effect kind, std::string_view key, unsigned bits) {
  const bool same = key_bytes_ == key.size() && out_->view().substr(key_at_, key_bytes_) == key;
  out_->push_back(static_cast<char>(static_cast<unsigned>(kind) | bits | (same ? kSameKey : 0)));
  if (same) return;
  text(key);
  key_bytes_ = key.size();
  key_at_ = out_->size() - key_bytes_;
}

void EffectWriter::put_string(std::string_view key, std::string_view value, std::int64_t expires_unix_ms) {
  head(Effect::put_string, key, timed_bit(expires_unix_ms));
  if (expires_unix_ms != kNoExpiry) append_le(*out_, expires_unix_ms);
  text(value);
}

void EffectWriter::write_string(std::string_view key, std::size_t offset, std::string_view bytes,
                                bool fresh) {
  head(Effect::write_string, key, fresh_bit(fresh));
  number(offset);
  text(bytes);
}

void EffectWriter::put_field(std::string_view key, std::string_view name, std::string_view value,
                             bool fresh) {
  head(Effect::put_field, key, fresh_bit(fresh));
  text(name);
  text(value);
}

void EffectWriter::erase_field(std::string_view key, std::string_view name) {
  head(Effect::erase_field, key);
  text(name);
}

void EffectWriter::erase(std::string_view key) { head(Effect::erase, key); }

void EffectWriter::set_expiry(std::string_view key, std::int64_t expires_unix_ms) {
  head(Effect::set_expiry, key, timed_bit(expires_unix_ms));
  if (expires_unix_ms != kNoExpiry) append_le(*out_, expires_unix_ms);
}

void EffectWriter::rename(std::string_view from, std::string_view to) {
  head(Effect::rename, from);
  text(to);
}

void EffectWriter::erase_session(std::string_view uid) { head(Effect::erase_session, uid); }

void EffectWriter::clear() { head(Effect::clear, {}); }

}  // namespace limpet::store
