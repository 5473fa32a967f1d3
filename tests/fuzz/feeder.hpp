// Feeder: gives bytes to a RequestParser as a connection does, and keeps a record of what it made of them. It
// holds the parser to what request.hpp promises of a single step.
#pragma once

#include <limpet/resp/request.hpp>

#include "fuzz.hpp"

namespace limpet::fuzz {

struct Step {
  resp::RequestStep::Kind kind;
  std::size_t consumed;
  std::string error;
  std::vector<std::string> args;

  friend bool operator==(const Step&, const Step&) = default;
};

class Feeder {
 public:
  using Kind = resp::RequestStep::Kind;

  explicit Feeder(const resp::RequestLimits& limits) : limits_(limits) {}

  // Records all steps but need_more. Behind an error nothing is read any more.
  void feed(std::string_view bytes) {
    pending_.append(bytes);
    while (!ended_) {
      // A new copy each time: a view into an earlier one would be found.
      const Exact copy(pending_);
      const resp::RequestStep step = parser_.next(copy.view(), limits_, args_);
      check(step, copy.view());
      if (step.kind == Kind::need_more) return;
      ended_ = step.kind == Kind::error;
      if (ended_) args_.clear();
      steps_.push_back({step.kind, step.consumed, std::string(step.error), {args_.begin(), args_.end()}});
      pending_.erase(0, step.consumed);
    }
  }

  // Feeds `bytes` in pieces of at most `piece_max`, cut where the bytes themselves say.
  void feed_in_pieces(std::string_view bytes, std::size_t piece_max) {
    Random random(bytes);
    while (!bytes.empty()) {
      const std::size_t length = std::min(bytes.size(), 1 + random.below(piece_max));
      feed(bytes.substr(0, length));
      bytes.remove_prefix(length);
    }
  }

  [[nodiscard]] const std::vector<Step>& steps() const { return steps_; }
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] std::size_t pending() const { return pending_.size(); }

 private:
  void check(const resp::RequestStep& step, std::string_view input) const {
    switch (step.kind) {
      case Kind::need_more:
        FUZZ_CHECK(step.consumed == 0);
        FUZZ_CHECK(input.empty() || parser_.wanted() > input.size());
        return;
      case Kind::nothing:
        FUZZ_CHECK(step.consumed > 0 && step.consumed <= input.size());
        return;
      case Kind::error:
        FUZZ_CHECK(step.error.starts_with("ERR Protocol error: "));
        return;
      case Kind::command:
        FUZZ_CHECK(step.consumed > 0 && step.consumed <= input.size());
        FUZZ_CHECK(!args_.empty());
        if (input.front() == '*') check_limits(step);
        return;
    }
    FUZZ_CHECK(false);
  }
  void check_limits(const resp::RequestStep& step) const {
    FUZZ_CHECK(step.consumed <= limits_.request_bytes_max);
    FUZZ_CHECK(args_.size() <= limits_.args_max);
    for (const std::string_view arg : args_) FUZZ_CHECK(arg.size() <= limits_.bulk_bytes_max);
  }

  resp::RequestLimits limits_;
  resp::RequestParser parser_;
  resp::Args args_;
  std::string pending_;
  std::vector<Step> steps_;
  bool ended_ = false;
};

}  // namespace limpet::fuzz
