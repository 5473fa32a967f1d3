// Resolver: finds the addresses of host names, for all shards of a process (src/net/name_book.hpp has the
// rules).
//
// A look-up may block for as long as a name server is silent, and cannot be ended. So each has a thread of
// its own, for which nobody waits: not the other look-ups, not who has given up, not the end of the process.
//
// All functions may be called from any thread.
#pragma once

#include <asio/ip/address.hpp>
#include <cstdint>
#include <functional>
#include <limpet/base/result.hpp>
#include <memory>
#include <string>
#include <vector>

namespace limpet::net {

class Resolver {
 public:
  using Addresses =
      std::vector<asio::ip::address>;  // in the order in which they are to be tried; never empty
  using LookUp = std::function<Result<Addresses>(const std::string& host)>;  // blocks
  // Called once, on any thread and perhaps within want(); must not block, nor call the resolver.
  using Told = std::function<void(Result<Addresses>)>;
  using Ticket = std::uint64_t;

  Resolver();  // asks the operating system
  explicit Resolver(LookUp look_up);
  ~Resolver();  // whoever still waits is not told any more
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  [[nodiscard]] Ticket want(const std::string& host, Told told);
  // After it, nobody is told.
  void drop(Ticket ticket);
  // A connection to that address has been made: it is the first to be tried from now on.
  void reached(const std::string& host, const asio::ip::address& address);
  // To be called every kTickMs while somebody waits.
  void tick();
  // For who may block, for kLookUpMs at most.
  [[nodiscard]] Result<Addresses> wait_for(const std::string& host);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// What the operating system says of a name, or of an address in digits. Blocks.
[[nodiscard]] Result<Resolver::Addresses> ask_system(const std::string& host);

}  // namespace limpet::net
