#include "heap.hpp"

#include <malloc.h>

#include <cstdlib>
#include <cstring>
#include <limpet/base/assert.hpp>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define LIMPET_POISON(address, bytes) ASAN_POISON_MEMORY_REGION(address, bytes)
#define LIMPET_UNPOISON(address, bytes) ASAN_UNPOISON_MEMORY_REGION(address, bytes)
#else
#define LIMPET_POISON(address, bytes) static_cast<void>(0)
#define LIMPET_UNPOISON(address, bytes) static_cast<void>(0)
#endif

namespace limpet::store {

namespace {

void* must_malloc(std::size_t bytes) {
  void* block = std::malloc(bytes);
  LIMPET_ASSERT(block != nullptr);
  return block;
}

void free_page(char* base, [[maybe_unused]] std::size_t bytes) {
  if (base == nullptr) return;
  LIMPET_UNPOISON(base, bytes);
  std::free(base);
}

}  // namespace

// Page number 0 stays unused, so that a handle of 0 can mean nothing.
Heap::Heap() : bases_(1, nullptr), pages_(1) {}

Heap::~Heap() {
  for (char* base : bases_) free_page(base, kPageBytes);
  for (char* base : spare_) free_page(base, kPageBytes);
}

Handle Heap::take(std::size_t bytes) {
  const std::size_t size_class = class_of(bytes);
  std::uint32_t index = open_[size_class];
  if (index == 0) index = open_page(size_class);
  Page& page = pages_[index];
  std::uint16_t offset = page.free_head;
  char* cell = nullptr;
  if (offset != kNoCell) {
    cell = bases_[index] + (std::size_t{offset} << 3);
    LIMPET_UNPOISON(cell, page.cell_bytes);
    std::memcpy(&page.free_head, cell, sizeof page.free_head);
  } else {
    offset = page.fresh;
    cell = bases_[index] + (std::size_t{offset} << 3);
    LIMPET_UNPOISON(cell, page.cell_bytes);
    page.fresh = static_cast<std::uint16_t>(offset + (page.cell_bytes >> 3));
  }
  ++page.used;
  bytes_ += page.cell_bytes;
  if (full(page)) unlink(index);
  return Handle{index} << kOffsetBits | offset;
}

void Heap::give(Handle cell) {
  const auto index = static_cast<std::uint32_t>(cell >> kOffsetBits);
  Page& page = pages_[index];
  const bool was_full = full(page);
  char* memory = at(cell);
  std::memcpy(memory, &page.free_head, sizeof page.free_head);
  LIMPET_POISON(memory, page.cell_bytes);
  page.free_head = static_cast<std::uint16_t>(cell & kOffsetMask);
  --page.used;
  bytes_ -= page.cell_bytes;
  if (was_full) link(index);
  if (page.used == 0) close_page(index);
}

void* Heap::take_block(std::size_t bytes) {
  void* block = must_malloc(bytes);
  bytes_ += block_room(block);
  return block;
}

void Heap::give_block(void* block) {
  bytes_ -= block_room(block);
  std::free(block);
}

std::size_t Heap::block_room(void* block) { return malloc_usable_size(block); }

std::uint32_t Heap::open_page(std::size_t size_class) {
  std::uint32_t index = 0;
  if (!unused_.empty()) {
    index = unused_.back();
    unused_.pop_back();
  } else {
    index = static_cast<std::uint32_t>(bases_.size());
    LIMPET_ASSERT(index < kPagesMax);
    bases_.push_back(nullptr);
    pages_.emplace_back();
  }
  bases_[index] = take_memory();
  Page& page = pages_[index];
  page = Page{};
  page.cell_bytes = static_cast<std::uint16_t>(class_bytes(size_class));
  page.size_class = static_cast<std::uint16_t>(size_class);
  link(index);
  return index;
}

void Heap::close_page(std::uint32_t index) {
  unlink(index);
  char* base = bases_[index];
  bases_[index] = nullptr;
  unused_.push_back(index);
  LIMPET_POISON(base, kPageBytes);
  spare_.push_back(base);
}

char* Heap::take_memory() {
  if (spare_.empty()) {
    char* const base = static_cast<char*>(must_malloc(kPageBytes));
    LIMPET_POISON(base, kPageBytes);
    return base;
  }
  char* const base = spare_.back();
  spare_.pop_back();
  return base;
}

std::size_t Heap::vacate(std::size_t pages_max) {
  std::size_t pages = 0;
  for (; pages < pages_max && spare_.size() > kSparePages; ++pages) {
    free_page(spare_.back(), kPageBytes);
    spare_.pop_back();
  }
  return pages;
}

void Heap::link(std::uint32_t index) {
  Page& page = pages_[index];
  std::uint32_t& first = open_[page.size_class];
  page.before = 0;
  page.behind = first;
  if (first != 0) pages_[first].before = index;
  first = index;
}

void Heap::unlink(std::uint32_t index) {
  Page& page = pages_[index];
  if (page.before != 0) {
    pages_[page.before].behind = page.behind;
  } else {
    open_[page.size_class] = page.behind;
  }
  if (page.behind != 0) pages_[page.behind].before = page.before;
  page.before = page.behind = 0;
}

}  // namespace limpet::store
