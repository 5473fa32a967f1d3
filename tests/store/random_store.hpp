// A store that lives through random operations, and what it holds, for tests of what becomes of its changes.
#pragma once

#include <cstdint>
#include <functional>
#include <limpet/base/hash.hpp>
#include <limpet/store/store.hpp>
#include <map>
#include <random>
#include <string>

#include "now.hpp"

namespace limpet::store {

// What a store holds, in short.
inline std::map<std::string, std::string> contents(Store& store, std::int64_t unix_ms) {
  std::map<std::string, std::string> all;
  for (unsigned slot = 0; slot < kSlots; ++slot) {
    std::uint64_t position = 0;
    do {
      position = store.scan(static_cast<Slot>(slot), position, 100, unix_ms, [&](const Item& item) {
        std::string text = std::to_string(item.expires_unix_ms()) + ":";
        if (item.type() == Type::string) {
          text += std::to_string(hash64(item.string()));
        } else {
          std::map<std::string, std::string> fields;
          item.each_field([&](auto name, auto value) { fields.emplace(name, value); });
          std::string joined;
          for (const auto& [name, value] : fields) joined += "|" + name + "=" + value;
          text += std::to_string(fields.size()) + " fields " + std::to_string(hash64(joined));
        }
        all[std::string(item.key())] = text;
      });
    } while (position != 0);
  }
  return all;
}

class RandomStore {
 public:
  // After every operation `after` is called.
  RandomStore(std::uint64_t seed, ChangeSink& sink, std::function<void()> after = nullptr)
      : random_(seed), after_(std::move(after)), store_(seed) {
    store_.set_sink(&sink);
  }

  std::size_t below(std::size_t end) { return random_() % end; }
  std::string key() { return "{u" + std::to_string(below(uids_)) + "}" + std::to_string(below(3)); }
  std::string text(std::size_t max) { return std::string(below(max), static_cast<char>('a' + below(26))); }
  std::int64_t expiry() { return now_ + static_cast<std::int64_t>(below(4'000)) - 200; }

  void step() {
    now_ += static_cast<std::int64_t>(below(10) == 0 ? below(300) : 0);
    const std::string k = key();
    const KeyRef at = KeyRef::of(k);
    const Type type = store_.find(at, now_).type();
    switch (below(16)) {
      case 0:
      case 1: {
        const Expiry kinds[] = {Expiry::none(), Expiry::keep(), Expiry::at(expiry())};
        store_.put_string(at, text(3'000), kinds[below(3)], now_);
        return;
      }
      case 2:
      case 3:
        if (type != Type::hash) store_.write_string(at, below(200), text(100), now_);
        return;
      case 4:
      case 5:
      case 6:
      case 7:
        if (type != Type::string) store_.put_field(at, "f" + std::to_string(below(150)), text(60), now_);
        return;
      case 8:
      case 9:
        if (type != Type::string) store_.erase_field(at, "f" + std::to_string(below(150)), now_);
        return;
      case 10:
        store_.erase(at, now_);
        return;
      case 11:
        store_.set_expiry(at, below(3) == 0 ? kNoExpiry : expiry(), now_);
        return;
      case 12: {
        const std::string to = "{" + std::string(at.uid) + "}" + std::to_string(below(4));
        store_.rename(at, KeyRef::of(to), now_);
        return;
      }
      case 13:
        store_.reclaim(now_, 30);
        return;
      case 14:
        if (below(20) == 0) store_.erase_session(at.slot, at.uid);
        if (below(20) == 0) store_.evict(store_.stats().bytes * 9 / 10, 3, now_);
        return;
      default:
        if (below(60) == 0) store_.clear(at.slot);
        if (below(900) == 0) store_.clear();
        return;
    }
  }
  void steps(int count) {
    for (int i = 0; i < count; ++i) {
      step();
      if (after_) after_();
    }
  }
  // Values that are copied in pieces.
  void add_large() {
    for (int i = 0; i < 3; ++i) {
      const std::string k = key();
      store_.put_string(KeyRef::of(k), std::string(150'000 + below(100'000), 'L'), Expiry::none(), now_);
      const std::string h = "{h" + std::to_string(i) + "}";
      for (int f = 0; f < 400; ++f) store_.put_field(KeyRef::of(h), "f" + std::to_string(f), text(60), now_);
      store_.set_expiry(KeyRef::of(h), now_ + 50'000'000, now_);
      if (after_) after_();
    }
  }
  [[nodiscard]] Store& store() { return store_; }
  [[nodiscard]] std::int64_t now() const { return now_; }
  [[nodiscard]] std::size_t uids() const { return uids_; }

  std::mt19937_64 random_;
  std::function<void()> after_;
  std::size_t uids_ = 12;
  std::int64_t now_ = kNow;
  Store store_;
};

}  // namespace limpet::store
