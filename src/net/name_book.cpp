#include "name_book.hpp"

#include <algorithm>
#include <limpet/base/limits.hpp>
#include <utility>

namespace limpet::net {

NameBook::Ticket NameBook::want(const std::string& host, std::int64_t now_ms) {
  const Waiter waiter{++last_ticket_, now_ms};
  if (!names_.contains(host)) make_room();
  Name& name = names_[host];
  name.used_ms = now_ms;
  if (name.answered_ms && now_ms - *name.answered_ms < kNameFreshMs) {
    tell(waiter, name.known, name.why);
    return waiter.ticket;
  }
  name.waiters.push_back(waiter);
  tickets_.emplace(waiter.ticket, host);
  if (!name.queued && !name.running) enqueue(host, name);
  start(now_ms);
  return waiter.ticket;
}

void NameBook::drop(Ticket ticket) {
  const auto found = tickets_.find(ticket);
  if (found == tickets_.end()) return;
  Name& name = names_[found->second];
  std::erase_if(name.waiters, [&](const Waiter& waiter) { return waiter.ticket == ticket; });
  if (name.waiters.empty() && std::exchange(name.queued, false)) std::erase(queue_, found->second);
  tickets_.erase(found);
}

void NameBook::found(const std::string& host, Addresses addresses, const std::string& why,
                     std::int64_t now_ms) {
  const auto entry = names_.find(host);
  if (entry == names_.end() || !entry->second.running) return;
  Name& name = entry->second;
  name.running = false;
  name.slow = now_ms - name.began_ms >= kSlowLookUpMs;
  --running_;
  if (std::exchange(name.counts_slow, false)) --running_slow_;
  name.answered_ms = now_ms;
  name.why = addresses.empty() ? why : std::string();
  if (addresses.size() > kAddressesMax) addresses.resize(kAddressesMax);
  if (!addresses.empty()) name.known = std::move(addresses);
  if (name.reached) reached(host, *name.reached);
  tell_all(name);
  start(now_ms);
}

void NameBook::reached(const std::string& host, const asio::ip::address& address) {
  const auto entry = names_.find(host);
  if (entry == names_.end()) return;
  Name& name = entry->second;
  name.reached = address;
  const auto at = std::find(name.known.begin(), name.known.end(), address);
  if (at != name.known.end()) std::rotate(name.known.begin(), at, at + 1);
}

void NameBook::tick(std::int64_t now_ms) {
  for (auto& [host, name] : names_) {
    if (name.running && now_ms - name.began_ms >= kSlowLookUpMs) name.slow = true;
    const std::int64_t patience_ms = name.known.empty() ? kLookUpMs : kNamePatienceMs;
    std::erase_if(name.waiters, [&, &host = host, &name = name](const Waiter& waiter) {
      if (now_ms - waiter.since_ms < patience_ms) return false;
      tell(waiter, name.known,
           "no name server has said within " + std::to_string(kLookUpMs / 1000) + " s what " + host + " is");
      return true;
    });
  }
  start(now_ms);
}

std::vector<NameBook::Told> NameBook::told() { return std::exchange(told_, {}); }
std::vector<std::string> NameBook::look_ups() { return std::exchange(look_ups_, {}); }

void NameBook::tell(const Waiter& waiter, Addresses addresses, std::string why) {
  tickets_.erase(waiter.ticket);
  if (!addresses.empty()) why.clear();
  told_.push_back({waiter.ticket, std::move(addresses), std::move(why)});
}

void NameBook::tell_all(Name& name) {
  for (const Waiter& waiter : std::exchange(name.waiters, {})) tell(waiter, name.known, name.why);
}

void NameBook::enqueue(const std::string& host, Name& name) {
  name.queued = true;
  queue_.push_back(host);
}

void NameBook::start(std::int64_t now_ms) {
  for (auto at = queue_.begin(); at != queue_.end() && running_ < kLookUpsMax;) {
    Name& name = names_[*at];
    if (name.slow && running_slow_ >= kSlowLookUpsMax) {
      ++at;
      continue;
    }
    name.queued = false;
    name.running = true;
    name.began_ms = now_ms;
    name.counts_slow = name.slow;
    ++running_;
    if (name.slow) ++running_slow_;
    look_ups_.push_back(*at);
    at = queue_.erase(at);
  }
}

// The name that nobody has wanted for the longest time goes.
void NameBook::make_room() {
  if (names_.size() < kHostNamesMax) return;
  auto oldest = names_.end();
  for (auto at = names_.begin(); at != names_.end(); ++at) {
    if (at->second.running || !at->second.waiters.empty()) continue;
    if (oldest == names_.end() || at->second.used_ms < oldest->second.used_ms) oldest = at;
  }
  if (oldest == names_.end()) return;
  if (oldest->second.queued) std::erase(queue_, oldest->first);
  names_.erase(oldest);
}

}  // namespace limpet::net
