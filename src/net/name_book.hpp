// NameBook: what is known of the names of hosts, who waits for which, and which are to be looked up now.
//
// A look-up blocks its thread for as long as a name server takes. So a bounded number of them runs side by
// side, one for a name, whoever waits for it; a part of the threads is kept for names that have not been
// slow, so that slow ones never hold up the others. Each waiter has a time of its own: where addresses of an
// earlier look-up are known, it gets those after a moment, and what the look-up finds later counts the next
// time; where none are, it is told after kLookUpMs that none were found.
//
// Pure: reads no clock, looks nothing up. Whatever has happened, take told() and look_ups().
#pragma once

#include <asio/ip/address.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace limpet::net {

using Addresses = std::vector<asio::ip::address>;  // in the order in which they are to be tried

class NameBook {
 public:
  using Ticket = std::uint64_t;
  struct Told {
    Ticket ticket = 0;
    Addresses addresses;
    std::string why;  // there are none
  };

  // Somebody wants the addresses of a host, and is told about them once, unless it drops the ticket before.
  [[nodiscard]] Ticket want(const std::string& host, std::int64_t now_ms);
  void drop(Ticket ticket);
  // A look-up has ended. Nothing found: why.
  void found(const std::string& host, Addresses addresses, const std::string& why, std::int64_t now_ms);
  // A connection to that address has been made: it is the first to be tried from now on.
  void reached(const std::string& host, const asio::ip::address& address);
  void tick(std::int64_t now_ms);

  [[nodiscard]] bool anybody_waits() const { return !tickets_.empty(); }
  [[nodiscard]] std::vector<Told> told();
  [[nodiscard]] std::vector<std::string> look_ups();  // to be begun now; each ends with found()

 private:
  struct Waiter {
    Ticket ticket = 0;
    std::int64_t since_ms = 0;
  };
  struct Name {
    Addresses known;  // of the last look-up that found some
    std::string why;  // the last one found none
    std::optional<asio::ip::address> reached;
    std::optional<std::int64_t> answered_ms;
    std::vector<Waiter> waiters;
    bool queued = false;
    bool running = false;
    bool slow = false;         // the last look-up took long, or this one does
    bool counts_slow = false;  // the one that runs was begun as a slow one
    std::int64_t began_ms = 0;
    std::int64_t used_ms = 0;
  };

  void tell(const Waiter& waiter, Addresses addresses, std::string why);
  void tell_all(Name& name);
  void enqueue(const std::string& host, Name& name);
  void start(std::int64_t now_ms);
  void make_room();

  std::map<std::string, Name, std::less<>> names_;
  std::map<Ticket, std::string> tickets_;  // of those who wait
  std::deque<std::string> queue_;
  std::size_t running_ = 0;
  std::size_t running_slow_ = 0;
  Ticket last_ticket_ = 0;
  std::vector<Told> told_;
  std::vector<std::string> look_ups_;
};

}  // namespace limpet::net
