#include <limpet/base/slot.hpp>

#include <array>
#include <limpet/base/bytes.hpp>

namespace limpet {

namespace {

using Table = std::array<std::uint16_t, 256>;
constexpr std::size_t kStep = 8;

// CRC16/XMODEM: polynomial 0x1021, start 0, not reflected. Eight tables take eight bytes a step ("slicing"): table k
// holds the effect of a byte with k more bytes behind it.
constexpr std::array<Table, kStep> make_tables() {
  std::array<Table, kStep> tables{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    unsigned crc = byte << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
    tables[0][byte] = static_cast<std::uint16_t>(crc);
  }
  for (std::size_t k = 1; k < tables.size(); ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint16_t before = tables[k - 1][byte];
      tables[k][byte] = static_cast<std::uint16_t>((before << 8) ^ tables[0][before >> 8]);
    }
  }
  return tables;
}

constexpr std::array<Table, kStep> kTables = make_tables();

constexpr std::size_t index(unsigned value) { return value & 0xff; }

}  // namespace

std::uint16_t crc16(std::string_view bytes) {
  unsigned crc = 0;
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= kStep; left -= kStep, at += kStep) {
    // The CRC so far goes into the first two bytes, high one first.
    const std::uint64_t word = load_le<std::uint64_t>(at) ^ (((crc >> 8) | (crc << 8)) & 0xffff);
    crc = 0;
#pragma GCC unroll 8
    for (std::size_t k = 0; k < kStep; ++k) crc ^= kTables[kStep - 1 - k][(word >> (8 * k)) & 0xff];
  }
  for (; left > 0; --left, ++at) {
    crc = ((crc << 8) & 0xffff) ^ kTables[0][index((crc >> 8) ^ static_cast<unsigned char>(*at))];
  }
  return static_cast<std::uint16_t>(crc);
}

std::string_view uid_of(std::string_view key) {
  const std::size_t open = key.find('{');
  if (open == std::string_view::npos) return key;
  const std::size_t close = key.find('}', open + 1);
  if (close == std::string_view::npos || close == open + 1) return key;
  return key.substr(open + 1, close - open - 1);
}

}  // namespace limpet
