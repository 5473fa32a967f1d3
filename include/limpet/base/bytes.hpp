// Bytes: a growable run of bytes, appended at the end and consumed at the front.
//
//     +-----------+----------------------+------------------+
//     | consumed  |  view()              |  spare capacity  |
//     +-----------+----------------------+------------------+
//     0        begin_                  end_             capacity_
//
// Unlike std::string it does not zero what it grows, and consuming is free. Storage doubles, so appending is
// amortised constant. Not shared between threads; moved, never copied by accident.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace limpet {

class Bytes {
 public:
  Bytes() = default;
  Bytes(Bytes&& other) noexcept { swap(other); }
  Bytes& operator=(Bytes&& other) noexcept {
    Bytes(std::move(other)).swap(*this);
    return *this;
  }
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;
  ~Bytes() = default;

  void swap(Bytes& other) noexcept {
    storage_.swap(other.storage_);
    std::swap(begin_, other.begin_);
    std::swap(end_, other.end_);
    std::swap(capacity_, other.capacity_);
  }

  [[nodiscard]] const char* data() const { return storage_.get() + begin_; }
  [[nodiscard]] char* data() { return storage_.get() + begin_; }
  [[nodiscard]] std::size_t size() const { return end_ - begin_; }
  [[nodiscard]] bool empty() const { return begin_ == end_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] std::string_view view() const { return {data(), size()}; }

  // Makes room for `count` bytes at the end without adding them; returns where they will stand.
  char* reserve(std::size_t count) {
    if (capacity_ - end_ < count) make_room(count);
    return storage_.get() + end_;
  }
  // Adds `count` bytes that were written where reserve() said. REQUIRES: they were reserved.
  void commit(std::size_t count) { end_ += count; }
  // Makes room for `count` bytes, adds them unwritten and returns them.
  char* extend(std::size_t count) {
    char* at = reserve(count);
    end_ += count;
    return at;
  }
  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(extend(bytes.size()), bytes.data(), bytes.size());
  }
  void push_back(char c) { *extend(1) = c; }

  // Drops `count` bytes at the front. REQUIRES: count <= size().
  void consume(std::size_t count) {
    begin_ += count;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  // Drops what stands behind the first `count` bytes. REQUIRES: count <= size().
  void truncate(std::size_t count) { end_ = begin_ + count; }
  void clear() { begin_ = end_ = 0; }
  // Gives the storage back as well.
  void release() { Bytes().swap(*this); }

 private:
  void make_room(std::size_t count);

  std::unique_ptr<char[]> storage_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t capacity_ = 0;
};

// Little-endian integers, as frames and records hold them. Unaligned addresses are fine.
template <class Integer>
void store_le(char* out, Integer value) {
  std::memcpy(out, &value, sizeof value);
}
template <class Integer>
[[nodiscard]] Integer load_le(const char* in) {
  Integer value;
  std::memcpy(&value, in, sizeof value);
  return value;
}
template <class Integer>
void append_le(Bytes& out, Integer value) {
  store_le(out.extend(sizeof value), value);
}
// Takes one off the front of bytes that came from elsewhere. False if there are not enough.
template <class Integer>
[[nodiscard]] bool take_le(std::string_view& from, Integer& value) {
  if (from.size() < sizeof value) return false;
  value = load_le<Integer>(from.data());
  from.remove_prefix(sizeof value);
  return true;
}

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "limpet's frames are little-endian");

// Buffers up to this size are kept for the next use.
inline constexpr std::size_t kSpareBytesMax = std::size_t{64} * 1024;

// Gives a large buffer back that is empty now.
inline void trim(Bytes& buffer) {
  if (buffer.empty() && buffer.capacity() > kSpareBytesMax) buffer.release();
}

// The same of one whose content is of no use any more: what was needed for something large once is not kept.
inline void drop_large(Bytes& scratch) {
  if (scratch.capacity() > kSpareBytesMax) scratch.release();
}

}  // namespace limpet
