// Mapping: a file's bytes, read without a copy of them in memory of our own.
//
// What is mapped is what the file had when it was opened. All of it was read once when read() returns, so that
// a disk that fails says so as an error there. Owned by whoever reads; the bytes are there as long as it lives.
#pragma once

#include <limpet/base/result.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace limpet::disk {

class Mapping {
 public:
  // `directory` is a descriptor. The error names what went wrong, without the file.
  [[nodiscard]] static Result<Mapping> read(int directory, const std::string& name);

  Mapping(Mapping&& other) noexcept : copy_(std::move(other.copy_)), bytes_(std::exchange(other.bytes_, {})) {}
  Mapping& operator=(Mapping&&) = delete;
  ~Mapping();

  [[nodiscard]] std::string_view bytes() const { return copy_ ? std::string_view(*copy_) : bytes_; }

 private:
  Mapping() = default;

  std::optional<std::string> copy_;  // where the kernel cannot map it
  std::string_view bytes_;
};

}  // namespace limpet::disk
