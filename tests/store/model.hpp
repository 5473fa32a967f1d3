// The store as plainly as it can be written, to hold the real one against.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limpet/store/store.hpp>
#include <map>
#include <set>
#include <string>

namespace limpet::store {

struct ModelKey {
  bool hash = false;
  std::string value;
  std::map<std::string, std::string> fields;
  std::int64_t expiry = kNoExpiry;
};

class Model {
 public:
  ModelKey* find(const std::string& key, std::int64_t now) {
    const auto at = keys_.find(key);
    if (at == keys_.end()) return nullptr;
    if (at->second.expiry != kNoExpiry && at->second.expiry <= now) {
      keys_.erase(at);
      return nullptr;
    }
    return &at->second;
  }
  void put_string(const std::string& key, const std::string& value, Expiry expiry, std::int64_t now) {
    const ModelKey* old = find(key, now);
    ModelKey made{.value = value, .fields = {}};
    if (expiry.kind == Expiry::Kind::keep && old != nullptr) made.expiry = old->expiry;
    if (expiry.kind == Expiry::Kind::at) made.expiry = expiry.unix_ms;
    keys_[key] = made;
    (void)find(key, now);
  }
  std::size_t write_string(const std::string& key, std::size_t offset, const std::string& bytes,
                           std::int64_t now) {
    (void)find(key, now);
    std::string& value = keys_[key].value;
    value.resize(std::max(value.size(), offset + bytes.size()), '\0');
    value.replace(offset, bytes.size(), bytes);
    return value.size();
  }
  bool put_field(const std::string& key, const std::string& name, const std::string& value,
                 std::int64_t now) {
    (void)find(key, now);
    keys_[key].hash = true;
    return keys_[key].fields.insert_or_assign(name, value).second;
  }
  bool erase_field(const std::string& key, const std::string& name, std::int64_t now) {
    ModelKey* const found = find(key, now);
    if (found == nullptr || found->fields.erase(name) == 0) return false;
    if (found->fields.empty()) keys_.erase(key);
    return true;
  }
  bool erase(const std::string& key, std::int64_t now) {
    return find(key, now) != nullptr && keys_.erase(key) == 1;
  }
  bool set_expiry(const std::string& key, std::int64_t expiry, std::int64_t now) {
    ModelKey* const found = find(key, now);
    if (found == nullptr) return false;
    found->expiry = expiry;
    (void)find(key, now);
    return true;
  }
  bool rename(const std::string& from, const std::string& to, std::int64_t now) {
    const ModelKey* const found = find(from, now);
    if (found == nullptr) return false;
    if (from == to) return true;
    keys_[to] = ModelKey(*found);
    keys_.erase(from);
    return true;
  }
  void clear() { keys_.clear(); }

  void drop_expired(std::int64_t now) {
    std::erase_if(keys_, [&](const auto& entry) {
      return entry.second.expiry != kNoExpiry && entry.second.expiry <= now;
    });
  }
  [[nodiscard]] const std::map<std::string, ModelKey>& keys() const { return keys_; }
  [[nodiscard]] std::size_t sessions() const {
    std::set<std::string_view> uids;
    for (const auto& [key, value] : keys_) uids.insert(uid_of(key));
    return uids.size();
  }
  [[nodiscard]] std::size_t expiring() const {
    return static_cast<std::size_t>(std::count_if(
        keys_.begin(), keys_.end(), [](const auto& entry) { return entry.second.expiry != kNoExpiry; }));
  }

 private:
  std::map<std::string, ModelKey> keys_;
};

}  // namespace limpet::store
