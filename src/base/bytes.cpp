#include <limpet/base/bytes.hpp>

#include <algorithm>

namespace limpet {

namespace {
constexpr std::size_t kFirstBytes = 256;
}

void Bytes::make_room(std::size_t count) {
  const std::size_t used = size();
  // Moving to the front is enough if what was consumed makes room and the move is cheap beside what is free.
  if (begin_ >= used && capacity_ - used >= count) {
    std::memmove(storage_.get(), storage_.get() + begin_, used);
    begin_ = 0;
    end_ = used;
    return;
  }
  const std::size_t capacity = std::max({kFirstBytes, capacity_ * 2, used + count});
  auto storage = std::make_unique_for_overwrite<char[]>(capacity);
  if (used > 0) std::memcpy(storage.get(), data(), used);
  storage_ = std::move(storage);
  begin_ = 0;
  end_ = used;
  capacity_ = capacity;
}

}  // namespace limpet
