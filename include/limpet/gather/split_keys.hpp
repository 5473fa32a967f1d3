// SplitKeys: the keys of a command on several sessions, sorted by slot, so that the keys of a session stand
// together and become one part.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limpet/base/slot.hpp>
#include <limpet/command/command.hpp>
#include <string_view>
#include <vector>

namespace limpet::gather {

class SplitKeys {
 public:
  // REQUIRES: the arguments fit the row, whose keys are of any sessions. `args` has to outlive this.
  SplitKeys(const command::Spec& spec, command::Args args);

  [[nodiscard]] const std::vector<Slot>& slots() const { return slots_; }  // by key
  [[nodiscard]] std::size_t size() const { return slots_.size(); }

  // Calls part(slot, keys, words): the keys of each slot by their places in the request, and what its owner
  // is to be asked. `words` is good for the time of the call.
  template <class Visit>
  void each_part(Visit part) const {
    std::vector<std::string_view> words;
    for (std::size_t begin = 0; begin < order_.size();) {
      const Slot slot = slots_[order_[begin]];
      std::size_t end = begin;
      words.assign(1, args_[0]);
      for (; end < order_.size() && slots_[order_[end]] == slot; ++end) {
        const command::Args group = args_.subspan(first_ + order_[end] * step_, step_);
        words.insert(words.end(), group.begin(), group.end());
      }
      part(slot, std::span(order_).subspan(begin, end - begin), command::Args(words));
      begin = end;
    }
  }

 private:
  command::Args args_;
  std::size_t first_;
  std::size_t step_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> order_;  // indexes of keys
};

}  // namespace limpet::gather
