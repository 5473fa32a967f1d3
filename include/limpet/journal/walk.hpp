// Walk: the records of one journal or snapshot file as they stand there, and the bytes between them that are
// none. For tools that show a file: what a directory amounts to says Recovery.
#pragma once

#include <cstdint>
#include <functional>
#include <limpet/journal/record.hpp>
#include <limpet/journal/segment.hpp>
#include <string_view>

namespace limpet::journal {

struct WalkStep {
  std::uint64_t offset = 0;  // in the file
  std::uint64_t bytes = 0;
  bool whole = false;  // `record` stands here; else these bytes are no record
  Record record;
};

// Until the file ends or visit() says false. `file` is all of it, `header` the one at its front.
void walk(std::string_view file, const SegmentHeader& header,
          const std::function<bool(const WalkStep& step)>& visit);

}  // namespace limpet::journal
