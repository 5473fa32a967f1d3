#include "linearizable.hpp"

#include <algorithm>
#include <map>
#include <unordered_set>
#include <utility>

namespace limpet::shard {

std::string apply(const Operation& operation, std::string& value) {
  using Kind = Operation::Kind;
  const bool absent = value == kNoValue;
  switch (operation.kind) {
    case Kind::get:
      return value;
    case Kind::set:
      value = operation.value;
      return "OK";
    case Kind::set_if_absent:
      if (absent) value = operation.value;
      return absent ? "1" : "0";
    case Kind::append:
      value = absent ? operation.value : value + operation.value;
      return std::to_string(value.size());
    case Kind::take:
      return std::exchange(value, kNoValue);
    case Kind::erase:
      value = kNoValue;
      return absent ? "0" : "1";
    case Kind::exists:
      return absent ? "0" : "1";
  }
  return {};
}

namespace {

class Search {
 public:
  Search(std::vector<Operation> history, std::size_t steps)
      : history_(std::move(history)), steps_(steps), happened_(history_.size(), '0') {
    std::sort(history_.begin(), history_.end(),
              [](const Operation& a, const Operation& b) { return a.called < b.called; });
    for (const Operation& operation : history_) to_explain_ += operation.returned != kNeverReturned;
  }

  Linearizable run() {
    if (explain(kNoValue, false)) return Linearizable::yes;
    return steps_ == 0 ? Linearizable::undecided : Linearizable::no;
  }

 private:
  // From here on: all that must have happened can, in some order. `unseen`: the value is from a command that
  // nobody has heard of, and that would be of no use if nothing saw it.
  bool explain(const std::string& value, bool unseen) {
    if (to_explain_ == 0) return true;
    if (steps_ == 0 || !seen_.insert(happened_ + (unseen ? '?' : '!') + value).second) return false;
    --steps_;
    return try_each(value, unseen, true) || try_each(value, unseen, false);
  }

  // Who happens next: one that has returned, or one of which nobody knows.
  bool try_each(const std::string& value, bool unseen, bool returned) {
    const std::int64_t first_return = earliest_return();
    std::map<std::size_t, bool> has_earlier;  // by client
    for (std::size_t i = 0; i < history_.size() && history_[i].called < first_return; ++i) {
      const Operation& operation = history_[i];
      const bool known = operation.returned != kNeverReturned;
      if (happened_[i] == '1' || (known && std::exchange(has_earlier[operation.client], true))) continue;
      if (known != returned || (unseen && overwrites(operation))) continue;
      if (happens(i, value)) return true;
    }
    return false;
  }

  bool happens(std::size_t i, std::string value) {
    const Operation& operation = history_[i];
    const bool known = operation.returned != kNeverReturned;
    const std::string before = value;
    const std::string reply = apply(operation, value);
    // One that nobody has heard of and that changes nothing explains nothing.
    if (known ? reply != operation.reply && operation.reply != kAnyReply : value == before) return false;
    return is_explained(i, value, known);
  }

  // ... from where this one has happened, and has left that value.
  bool is_explained(std::size_t i, const std::string& value, bool known) {
    happened_[i] = '1';
    to_explain_ -= known;
    if (explain(value, !known)) return true;
    happened_[i] = '0';
    to_explain_ += known;
    return false;
  }

  // Without telling anybody what was there before.
  [[nodiscard]] static bool overwrites(const Operation& operation) {
    using Kind = Operation::Kind;
    const bool erases = operation.kind == Kind::take || operation.kind == Kind::erase;
    const bool untold = operation.returned == kNeverReturned || operation.reply == kAnyReply;
    return operation.kind == Kind::set || (erases && untold);
  }

  [[nodiscard]] std::int64_t earliest_return() const {
    std::int64_t earliest = kNeverReturned;
    for (std::size_t i = 0; i < history_.size(); ++i) {
      if (happened_[i] == '0') earliest = std::min(earliest, history_[i].returned);
    }
    return earliest;
  }

  std::vector<Operation> history_;  // by the time of their calls
  std::size_t steps_;
  std::string happened_;  // '1' for those
  std::size_t to_explain_ = 0;
  std::unordered_set<std::string> seen_;
};

}  // namespace

Linearizable check_history(const std::vector<Operation>& history, std::size_t steps) {
  return Search(history, steps).run();
}

}  // namespace limpet::shard
