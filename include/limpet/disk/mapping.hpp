// Mapping: the bytes of a file as they were when it was opened, not copied. They are there as long as it
// lives, also if the file is removed meanwhile.
//
// Whoever reads bytes that the disk cannot deliver gets SIGBUS; after read_all() only if the kernel has
// dropped them again.
#pragma once

#include <limpet/base/result.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace limpet::disk {

class Mapping {
 public:
  // Nothing: there is no such file. Errors name the path.
  static Result<std::optional<Mapping>> of(const std::string& path);
  Mapping(Mapping&& other) noexcept
      : at_(std::exchange(other.at_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Mapping& operator=(Mapping&&) = delete;
  ~Mapping();
  [[nodiscard]] std::string_view bytes() const { return {static_cast<const char*>(at_), size_}; }

  // Has all of it read from the disk. An error if the disk cannot; the text does not name the file.
  [[nodiscard]] Result<void> read_all() const;

 private:
  Mapping(void* at, std::size_t size) : at_(at), size_(size) {}

  void* at_;  // null: the file was empty
  std::size_t size_;
};

}  // namespace limpet::disk
