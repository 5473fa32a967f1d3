#include <algorithm>
#include <limpet/journal/walk.hpp>

namespace limpet::journal {

void walk(std::string_view file, const SegmentHeader& header,
          const std::function<bool(const WalkStep& step)>& visit) {
  // A record's position is its offset in the stream, or in a snapshot's file.
  const std::uint64_t first = header.kind == FileKind::journal ? header.position : 0;
  const std::uint64_t front = first - kSegmentHeaderBytes;  // wraps, as positions may
  for (std::size_t offset = kSegmentHeaderBytes; offset < file.size();) {
    const RecordStep found = next_record(file.substr(offset), header.nonce, front + offset);
    if (found.kind == RecordStep::Kind::record) {
      if (!visit({offset, found.record.bytes(), true, found.record})) return;
      offset += found.record.bytes();
      continue;
    }
    // A head that is whole says where the next record stands.
    const std::size_t after =
        offset + (found.kind == RecordStep::Kind::broken_body ? found.record.bytes() : 1);
    const std::size_t next = std::min(find_record(file, after, header.nonce, front), file.size());
    if (!visit({offset, next - offset, false, {}})) return;
    offset = next;
  }
}

}  // namespace limpet::journal
