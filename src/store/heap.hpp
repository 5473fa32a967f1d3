// Heap: the memory of one store. Small things (records, arrays of words) are cells, named by a handle of 35
// bits so that a table's word has room for more than an address; large ones are blocks of malloc. Both are on
// one account.
//
//     page of 64 KiB, cells of one size:  [cell][cell][cell] ... [rest]
//     handle = page number << 13 | offset in the page / 8
//
// Cell sizes go in steps of 8 bytes up to 512 and of 64 up to 2048, finer than a general allocator's, because
// a session is one cell. Pages are of malloc, and empty ones go back to it a few at a time (vacate()):
// thousands may come to their last cell in the same moment, and given back together they made the allocator
// return tens of megabytes to the system within one call, a stop of 5 ms.
//
// Owned by one Store, touched by its thread alone. Running out of memory ends the process, as malloc's
// failure does everywhere in limpet.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace limpet::store {

using Handle = std::uint64_t;  // 0 names nothing
inline constexpr unsigned kHandleBits = 35;

class Heap {
 public:
  static constexpr std::size_t kCellBytesMax = 2048;

  Heap();
  ~Heap();
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  // REQUIRES: 0 < bytes <= kCellBytesMax.
  [[nodiscard]] Handle take(std::size_t bytes);
  void give(Handle cell);
  [[nodiscard]] char* at(Handle cell) const {
    return bases_[cell >> kOffsetBits] + ((cell & kOffsetMask) << 3);
  }
  // The bytes that the cell really has.
  [[nodiscard]] std::size_t room(Handle cell) const { return pages_[cell >> kOffsetBits].cell_bytes; }

  // What a cell of so many bytes really takes; more than kCellBytesMax are a block.
  [[nodiscard]] static std::size_t rounded(std::size_t bytes) {
    return bytes > kCellBytesMax ? bytes : class_bytes(class_of(bytes));
  }

  [[nodiscard]] void* take_block(std::size_t bytes);
  void give_block(void* block);
  [[nodiscard]] static std::size_t block_room(void* block);

  // Gives back the memory of `pages_max` empty pages at most; returns how many.
  std::size_t vacate(std::size_t pages_max);

  // How often words of tables were moved, added or taken away: a place of one that was found before is good
  // as long as this is the same.
  [[nodiscard]] std::uint64_t moves() const { return moves_; }
  void note_move() { ++moves_; }

  // Cells and blocks in use, rounding included.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  static constexpr unsigned kOffsetBits = 13;
  static constexpr Handle kOffsetMask = (Handle{1} << kOffsetBits) - 1;
  static constexpr std::size_t kPageBytes = std::size_t{8} << kOffsetBits;
  static constexpr std::size_t kPagesMax = std::size_t{1} << (kHandleBits - kOffsetBits);
  static constexpr std::size_t kClasses = 64 + (kCellBytesMax - 512) / 64 + 1;
  static constexpr std::size_t kSparePages = 16;  // empty pages kept for the next need
  static constexpr std::uint16_t kNoCell = 0xffff;

  struct Page {
    std::uint16_t cell_bytes = 0;
    std::uint16_t used = 0;             // cells in use
    std::uint16_t free_head = kNoCell;  // offset / 8 of the first free cell; the cell holds the next
    std::uint16_t fresh = 0;            // offset / 8 behind the last cell ever used
    std::uint16_t size_class = 0;
    std::uint32_t before = 0;  // neighbours in the list of pages of its class with free cells; 0: none
    std::uint32_t behind = 0;
  };

  static std::size_t class_of(std::size_t bytes) {
    return bytes <= 512 ? (bytes + 7) / 8 - 1 : 63 + (bytes - 512 + 63) / 64;
  }
  static std::size_t class_bytes(std::size_t size_class) {
    return size_class < 64 ? (size_class + 1) * 8 : 512 + (size_class - 63) * 64;
  }
  static bool full(const Page& page) {
    return page.free_head == kNoCell && (std::size_t{page.fresh} << 3) + page.cell_bytes > kPageBytes;
  }
  [[nodiscard]] char* take_memory();
  std::uint32_t open_page(std::size_t size_class);
  void close_page(std::uint32_t index);
  void link(std::uint32_t index);
  void unlink(std::uint32_t index);

  std::vector<char*> bases_;  // by page number; apart from pages_ so that the hot part stays small
  std::vector<Page> pages_;
  std::array<std::uint32_t, kClasses> open_{};  // first page with a free cell, by class
  std::vector<std::uint32_t> unused_;           // page numbers without memory
  std::vector<char*> spare_;                    // empty pages
  std::uint64_t bytes_ = 0;
  std::uint64_t moves_ = 0;
};

}  // namespace limpet::store
