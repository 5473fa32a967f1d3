// Requests: however the bytes of a client are cut, the same commands and errors come out of them, and a
// command that is written down as an array is read as the same command.
#include <algorithm>
#include <limpet/base/limits.hpp>

#include "feeder.hpp"

namespace limpet::fuzz {
namespace {

constexpr resp::RequestLimits kClient{kRequestArgsMax, kBulkBytesMax, kRequestBytesMax, true};
// So small that short inputs get at every one of them.
constexpr resp::RequestLimits kSmall{4, 16, 64, false};
// Byte by byte takes time in proportion to the square of the length.
constexpr std::size_t kByteByByteMax = 256;

void check_cuts(std::string_view bytes, const resp::RequestLimits& limits, const Feeder& whole) {
  for (const std::size_t piece_max : {std::size_t{1}, std::size_t{7}, bytes.size()}) {
    if (piece_max == 1 && bytes.size() > kByteByByteMax) continue;
    Feeder cut(limits);
    cut.feed_in_pieces(bytes, piece_max);
    FUZZ_CHECK(cut.steps() == whole.steps());
    // What stands behind an error is not looked at, and may not have come yet.
    FUZZ_CHECK(cut.ended() == whole.ended());
    FUZZ_CHECK(cut.ended() || cut.pending() == whole.pending());
  }
}

void check_round_trip(const Step& step) {
  Feeder again(kClient);
  again.feed(array_of(step.args));
  FUZZ_CHECK(again.steps().size() == 1 && again.pending() == 0);
  FUZZ_CHECK(again.steps()[0].kind == Feeder::Kind::command);
  FUZZ_CHECK(again.steps()[0].args == step.args);
}

}  // namespace
}  // namespace limpet::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpet::fuzz;
  const std::string_view bytes = text_of(data, size);
  if (bytes.empty()) return 0;
  for (const auto& limits : {kClient, kSmall}) {
    Feeder whole(limits);
    whole.feed(bytes);
    check_cuts(bytes, limits, whole);
    for (const Step& step : whole.steps()) {
      if (step.kind == Feeder::Kind::command) check_round_trip(step);
    }
  }
  return 0;
}
