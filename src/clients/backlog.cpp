#include <limpet/base/limits.hpp>
#include <limpet/clients/backlog.hpp>
#include <utility>

namespace limpet::clients {

namespace {
// What is written in one go may be a single reply; up to this size it is put behind the one before.
constexpr std::size_t kChunkBytes = 64_KiB;
}  // namespace

void Backlog::open(Bytes& out) {
  if (out.empty()) return;
  bytes_ += out.size();
  capacity_ += out.capacity();
  chunks_.push_front(std::move(out));
  out = Bytes();
}

void Backlog::close(Bytes& out) {
  if (!out.empty()) push_back(std::exchange(out, Bytes()));
  next(out);
}

void Backlog::next(Bytes& out) {
  if (out.empty() && !chunks_.empty()) out = pop_front();
}

void Backlog::push_back(Bytes&& chunk) {
  bytes_ += chunk.size();
  if (!chunks_.empty() && chunks_.back().size() + chunk.size() <= kChunkBytes) {
    const std::size_t before = chunks_.back().capacity();
    chunks_.back().append(chunk.view());
    capacity_ += chunks_.back().capacity() - before;
    return;
  }
  // Buffers grow by doubling: half of this one may be empty, for as long as its client does not read.
  Bytes exact;
  if (chunk.capacity() - chunk.size() > chunk.size() / 4) {
    exact.append(chunk.view());
    chunk = std::move(exact);
  }
  capacity_ += chunk.capacity();
  chunks_.push_back(std::move(chunk));
}

Bytes Backlog::pop_front() {
  Bytes chunk = std::move(chunks_.front());
  chunks_.pop_front();
  bytes_ -= chunk.size();
  capacity_ -= chunk.capacity();
  return chunk;
}

}  // namespace limpet::clients
