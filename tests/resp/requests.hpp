// What the tests of the parser share: a record of everything that a parser made out of some bytes.
#pragma once

#include <cstddef>
#include <limpet/resp/request.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::resp::testing {

inline constexpr RequestLimits kWide{
    .args_max = 1'000'000, .bulk_bytes_max = 32 << 20, .request_bytes_max = 64 << 20};
inline constexpr RequestLimits kStranger{
    .args_max = 10, .bulk_bytes_max = 16 << 10, .request_bytes_max = 64 << 10, .authenticated = false};

struct Seen {
  RequestStep::Kind kind;
  std::size_t consumed;
  std::string error;
  std::vector<std::string> args;

  friend bool operator==(const Seen&, const Seen&) = default;
};

// Feeds a parser as a connection does: keeps what was not consumed, calls again when more has come. Every
// call gets a fresh copy of the bytes, so that a view into an earlier one would be found.
class Feeder {
 public:
  explicit Feeder(const RequestLimits& limits = kWide) : limits_(limits) {}

  // Records all steps but need_more.
  void feed(std::string_view bytes) {
    pending_.append(bytes);
    while (!ended_) {
      const std::string copy = pending_;
      const RequestStep step = parser_.next(copy, limits_, args_);
      if (step.kind == RequestStep::Kind::need_more) return;
      seen_.push_back({step.kind, step.consumed, std::string(step.error), {args_.begin(), args_.end()}});
      if (step.kind == RequestStep::Kind::error) {
        seen_.back().args.clear();
        ended_ = true;
        return;
      }
      pending_.erase(0, step.consumed);
    }
  }
  [[nodiscard]] const std::vector<Seen>& seen() const { return seen_; }
  [[nodiscard]] const std::string& pending() const { return pending_; }
  [[nodiscard]] std::size_t wanted() const { return parser_.wanted(); }

 private:
  RequestLimits limits_;
  RequestParser parser_;
  Args args_;
  std::string pending_;
  std::vector<Seen> seen_;
  bool ended_ = false;
};

inline std::vector<Seen> parse_all(std::string_view bytes, const RequestLimits& limits = kWide) {
  Feeder feeder(limits);
  feeder.feed(bytes);
  return feeder.seen();
}

inline std::string array_of(const std::vector<std::string>& args) {
  std::string text = "*" + std::to_string(args.size()) + "\r\n";
  for (const std::string& arg : args) text += "$" + std::to_string(arg.size()) + "\r\n" + arg + "\r\n";
  return text;
}

}  // namespace limpet::resp::testing
