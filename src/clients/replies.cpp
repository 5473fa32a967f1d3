#include <algorithm>
#include <limits>
#include <limpet/base/assert.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/clients/replies.hpp>

namespace limpet::clients {

namespace {
// A place keeps a buffer up to this size for its next user.
constexpr std::size_t kKeepBytes = 4_KiB;
}  // namespace

PlacePool::~PlacePool() {
  while (free_ != nullptr) delete std::exchange(free_, free_->next);
}

Place* PlacePool::take() {
  if (free_ == nullptr) return new Place;
  Place* place = std::exchange(free_, free_->next);
  --spare_;
  place->next = nullptr;
  return place;
}

void PlacePool::give_back(Place* place) {
  if (spare_ == kSparePlaces) {
    delete place;
    return;
  }
  ++spare_;
  if (place->reply.capacity() > kKeepBytes) place->reply.release();
  place->reply.clear();
  place->ready = false;
  place->mute = false;
  place->next = free_;
  free_ = place;
}

void ReplyQueue::append(Place* place) {
  (head_ == nullptr ? head_ : tail_->next) = place;
  tail_ = place;
}

Place* ReplyQueue::await(PlacePool& pool, bool mute) {
  Place* place = pool.take();
  place->mute = mute;
  append(place);
  ++awaited_;
  return place;
}

Bytes& ReplyQueue::open(PlacePool& pool) {
  LIMPET_ASSERT(!empty());
  if (!tail_->ready) {
    Place* place = pool.take();
    place->ready = true;
    append(place);
  }
  return tail_->reply;
}

void ReplyQueue::complete(Place* place, PlacePool& pool, Bytes& out) {
  LIMPET_ASSERT(!place->ready && awaited_ > 0);
  place->ready = true;
  largest_ = std::max(largest_, place->reply.size());
  if (--awaited_ == 0) barrier_ = false;
  if (place->mute) place->reply.clear();
  bytes_ += place->reply.size();
  while (head_ != nullptr && head_->ready) {
    Place* first = head_;
    head_ = first->next;
    if (head_ == nullptr) tail_ = nullptr;
    bytes_ -= first->reply.size();
    // A large reply changes hands instead of being copied once more.
    if (out.empty() && first->reply.size() > kKeepBytes) {
      out.swap(first->reply);
    } else {
      out.append(first->reply.view());
    }
    pool.give_back(first);
  }
}

std::uint32_t ReplyQueue::next_may_have() const {
  if (largest_ == 0) return kFirstReplyBytes;
  if (largest_ < kFirstReplyBytes) return 0;
  return static_cast<std::uint32_t>(
      std::min<std::size_t>(largest_, std::numeric_limits<std::uint32_t>::max()));
}

void ReplyQueue::clear(PlacePool& pool) {
  while (head_ != nullptr) {
    Place* first = head_;
    head_ = first->next;
    pool.give_back(first);
  }
  tail_ = nullptr;
  awaited_ = 0;
  bytes_ = 0;
}

}  // namespace limpet::clients
