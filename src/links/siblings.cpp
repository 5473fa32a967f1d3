#include <algorithm>
#include <limpet/base/assert.hpp>
#include <limpet/links/siblings.hpp>

namespace limpet::links {

Siblings::Turn::Turn(Bytes& kept, std::string_view batch, Quantum quantum)
    : frames_(kept, batch, ~std::uint32_t{0}), quantum_(quantum) {}

const peer::Frame* Siblings::Turn::next() {
  if (std::exchange(begun_, true)) frames_.take();
  if (quantum_.is_spent()) return nullptr;
  const peer::Frame* const frame = frames_.peek();
  // Anything but whole frames is a mistake of ours.
  LIMPET_ASSERT(frame != nullptr || !frames_.has_more());
  return frame;
}

void Siblings::send_all(const peer::Frame& frame) {
  for (unsigned shard = 0; shard < shards(); ++shard) {
    if (shard != self_) send(shard, frame);
  }
}

void Siblings::take_batches(std::vector<std::pair<unsigned, Bytes>>& batches) {
  for (unsigned shard = 0; shard < shards(); ++shard) {
    if (!queues_[shard].batch.empty()) batches.emplace_back(shard, std::move(queues_[shard].batch));
  }
}

bool Siblings::queue(unsigned shard, std::string_view batch) {
  if (!waits(shard)) return false;
  queues_[shard].kept.append(batch);
  return true;
}

bool Siblings::idle() const {
  return std::all_of(queues_.begin(), queues_.end(),
                     [](const Queue& queue) { return queue.batch.empty() && queue.kept.empty(); });
}

}  // namespace limpet::links
