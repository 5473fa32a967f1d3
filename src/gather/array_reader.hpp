// ArrayReader: walks over the elements of an array that a shard wrote, here or on another node.
//
// Another node may say what it likes: what is no array has no elements, and one that promises more than it
// has ends early.
#pragma once

#include <cstddef>
#include <string_view>

namespace limpet::gather {

class ArrayReader {
 public:
  explicit ArrayReader(std::string_view reply);
  [[nodiscard]] std::size_t left() const { return left_; }

  // The next element as it stands, type byte and all; empty if there is none.
  std::string_view next();
  // The content of the next element, a bulk string or an integer.
  std::string_view next_text();

 private:
  std::string_view rest_;
  std::size_t left_ = 0;
};

}  // namespace limpet::gather
