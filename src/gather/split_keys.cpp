#include <algorithm>
#include <limpet/gather/split_keys.hpp>
#include <numeric>

namespace limpet::gather {

SplitKeys::SplitKeys(const command::Spec& spec, command::Args args)
    : args_(args),
      first_(static_cast<std::size_t>(spec.first_key)),
      step_(static_cast<std::size_t>(spec.key_step)) {
  const std::size_t last = spec.last_key_of(args.size());
  for (std::size_t at = first_; at <= last; at += step_) slots_.push_back(slot_of(args[at]));
  order_.resize(slots_.size());
  std::iota(order_.begin(), order_.end(), 0U);
  std::stable_sort(order_.begin(), order_.end(), [&](auto a, auto b) { return slots_[a] < slots_[b]; });
}

}  // namespace limpet::gather
