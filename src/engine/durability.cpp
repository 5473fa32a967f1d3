#include <algorithm>
#include <limpet/base/assert.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/engine/durability.hpp>

namespace limpet::engine {

Durability::Confirmer Durability::join(Lsn has, std::string_view who) {
  const auto free = std::find_if(marks_.begin(), marks_.end(), [](const Mark& mark) { return !mark.counts; });
  const auto at = free != marks_.end() ? free : marks_.emplace(marks_.end());
  *at = {.has = has, .who = who};
  count();
  return static_cast<Confirmer>(at - marks_.begin());
}

void Durability::confirm(Confirmer who, Lsn has) {
  LIMPET_ASSERT(who < marks_.size() && marks_[who].counts);
  marks_[who].has = std::max(marks_[who].has, has);
  count();
}

void Durability::leave(Confirmer who) {
  LIMPET_ASSERT(who < marks_.size() && marks_[who].counts);
  marks_[who].counts = false;
  count();
}

void Durability::count() {
  safe_ = kEndOfAll;
  if (!waits_) return;
  for (const Mark& mark : marks_) {
    if (mark.counts) safe_ = std::min(safe_, mark.has);
  }
}

void Durability::set_trouble(const std::string& why) {
  if (!failed_) trouble_ = why;
}

void Durability::fail(const std::string& why) {
  trouble_ = why;
  failed_ = true;
}

void Durability::wait_no_more() {
  waits_ = false;
  count();
}

// A single large request may be as much as may wait to become safe: small ones of others are taken behind it.
bool Durability::refuses(Lsn end, std::size_t bytes) const {
  if (!trouble_.empty()) return true;
  if (end <= safe_ || end - safe_ <= kUnwrittenBytesMax) return false;
  return end - safe_ > kUnwrittenBytesMax + kUnwrittenSmallBytes || bytes > kSmallWriteBytes;
}

std::string Durability::refusal() const {
  if (!trouble_.empty()) return "MISCONF " + trouble_ + ": writes are refused, reads go on";
  const auto last = std::find_if(marks_.begin(), marks_.end(),
                                 [this](const Mark& mark) { return mark.counts && mark.has == safe_; });
  return "BUSY " + std::string(last != marks_.end() ? last->who : "the disk does") +
         " not keep up with what is written; try again later";
}

}  // namespace limpet::engine
