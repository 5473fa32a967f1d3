#include <array>
#include <cstdint>
#include <limpet/base/slot.hpp>

namespace limpet {

namespace {

using Table = std::array<std::uint16_t, 256>;
constexpr std::size_t kStep = 8;

// CRC16/XMODEM: polynomial 0x1021, start 0, not reflected. Eight tables take eight bytes a step ("slicing"):
// table k holds the effect of a byte with k more bytes behind it.
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
  const auto& t = kTables;
  unsigned crc = 0;
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  std::size_t left = bytes.size();
  for (; left >= kStep; left -= kStep, at += kStep) {
    crc = t[7][index((crc >> 8) ^ at[0])] ^ t[6][index(crc ^ at[1])] ^ t[5][at[2]] ^ t[4][at[3]] ^
          t[3][at[4]] ^ t[2][at[5]] ^ t[1][at[6]] ^ t[0][at[7]];
  }
  for (; left > 0; --left, ++at) crc = ((crc << 8) & 0xffff) ^ t[0][index((crc >> 8) ^ *at)];
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
