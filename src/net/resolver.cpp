#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <asio/ip/tcp.hpp>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <future>
#include <limpet/base/limits.hpp>
#include <limpet/net/clock.hpp>
#include <limpet/net/resolver.hpp>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "name_book.hpp"

namespace limpet::net {

namespace {

std::int64_t now_ms() { return read_clocks().steady_ms; }

Result<Resolver::Addresses> ask_system(const std::string& host, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* first = nullptr;
  const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &first);
  if (code != 0) {
    return fail(Code::not_found, code == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(code));
  }
  Resolver::Addresses addresses;
  for (const addrinfo* entry = first; entry != nullptr; entry = entry->ai_next) {
    asio::ip::tcp::endpoint endpoint;
    if (entry->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), entry->ai_addr, entry->ai_addrlen);
    const asio::ip::address address = endpoint.address();
    if (std::find(addresses.begin(), addresses.end(), address) == addresses.end())
      addresses.push_back(address);
  }
  ::freeaddrinfo(first);
  if (addresses.empty()) return fail(Code::not_found, "name without an address");
  return addresses;
}

}  // namespace

// Addresses of families that this host has none of are not asked for, as some name servers do not answer
// that. But then loopback addresses, which every host has, may be missing too.
Result<Resolver::Addresses> ask_system(const std::string& host) {
  Result<Resolver::Addresses> found = ask_system(host, AI_ADDRCONFIG);
  const bool for_others = found && !std::all_of(found->begin(), found->end(),
                                                [](const auto& address) { return address.is_loopback(); });
  return for_others ? found : ask_system(host, 0);
}

struct Resolver::State : std::enable_shared_from_this<Resolver::State> {
  explicit State(LookUp given) : look_up(std::move(given)) {}

  // REQUIRES: locked.
  void settle() {
    for (auto wanted = book.look_ups(); !wanted.empty(); wanted = book.look_ups()) {
      for (const std::string& host : wanted) begin(host);
    }
    for (NameBook::Told& told : book.told()) {
      const auto found = waiting.find(told.ticket);
      if (found == waiting.end()) continue;
      const Told tell = std::move(found->second);
      waiting.erase(found);
      if (told.addresses.empty()) {
        tell(fail(Code::not_found, told.why));
      } else {
        tell(std::move(told.addresses));
      }
    }
    awaited = book.anybody_waits();
  }

  void begin(const std::string& host) {
    try {
      std::thread([self = shared_from_this(), host] {
        Result<Addresses> found = self->look_up(host);
        const std::lock_guard lock(self->mutex);
        self->book.found(host, found ? std::move(*found) : Addresses(), found ? "" : found.error().text,
                         now_ms());
        self->settle();
      }).detach();
    } catch (const std::system_error& error) {
      book.found(host, {}, std::string("no thread to look it up: ") + error.what(), now_ms());
    }
  }

  const LookUp look_up;
  std::mutex mutex;
  NameBook book;
  std::map<Ticket, Told> waiting;
  std::atomic<bool> awaited{false};
};

Resolver::Resolver() : Resolver([](const std::string& host) { return net::ask_system(host); }) {}
Resolver::Resolver(LookUp look_up) : state_(std::make_shared<State>(std::move(look_up))) {}

Resolver::~Resolver() {
  const std::lock_guard lock(state_->mutex);
  state_->waiting.clear();
}

Resolver::Ticket Resolver::want(const std::string& host, Told told) {
  const std::lock_guard lock(state_->mutex);
  const Ticket ticket = state_->book.want(host, now_ms());
  state_->waiting.emplace(ticket, std::move(told));
  state_->settle();
  return ticket;
}

void Resolver::drop(Ticket ticket) {
  const std::lock_guard lock(state_->mutex);
  state_->waiting.erase(ticket);
  state_->book.drop(ticket);
  state_->settle();
}

void Resolver::reached(const std::string& host, const asio::ip::address& address) {
  const std::lock_guard lock(state_->mutex);
  state_->book.reached(host, address);
}

void Resolver::tick() {
  if (!state_->awaited) return;
  const std::lock_guard lock(state_->mutex);
  state_->book.tick(now_ms());
  state_->settle();
}

Result<Resolver::Addresses> Resolver::wait_for(const std::string& host) {
  auto told = std::make_shared<std::promise<Result<Addresses>>>();
  std::future<Result<Addresses>> answer = told->get_future();
  const Ticket ticket = want(host, [told](Result<Addresses> found) { told->set_value(std::move(found)); });
  if (answer.wait_for(std::chrono::milliseconds(kLookUpMs)) == std::future_status::ready) return answer.get();
  drop(ticket);
  return fail(Code::unavailable,
              "no name server has said within " + std::to_string(kLookUpMs / 1000) + " s what it is");
}

}  // namespace limpet::net
