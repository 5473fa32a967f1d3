// Recovery: from the files of a directory to what each slot's changes were.
//
// All files are added in any order; finish() sorts them into streams, looks at every record once and says
// what is wrong. Then the changes of any slot can be had, in their order, from any thread: those of its
// newest copy in a snapshot, and behind them those of the journal that came after it.
//
// What is wrong is one of two. Bytes that were never reported as written (behind the last mark of their
// stream) may be missing or half there after a crash: they and what follows them in the stream are cut off,
// as nobody was promised them for good. Anything else is damage: of one slot, if the record's head is whole,
// or else of every slot that may have had a change there. A damaged slot's changes are not to be used.
//
// Where a run has sealed the streams before it, they end there: what stands behind is left out, and nothing
// before it may be missing, marked or not.
#pragma once

#include <cstdint>
#include <functional>
#include <limpet/base/result.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/journal/record.hpp>
#include <limpet/journal/seals.hpp>
#include <limpet/journal/segment.hpp>
#include <limpet/journal/version.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::journal {

// What a start does with the journals of the runs before it. Without one of its own, sessions change and
// nothing keeps that: the journals say no more what they are, to this start or any later one.
enum class EarlierRuns : std::uint8_t { load, set_aside };
[[nodiscard]] constexpr EarlierRuns earlier_runs(bool keeps_journal) {
  return keeps_journal ? EarlierRuns::load : EarlierRuns::set_aside;
}

// Something that is wrong, in words for the log: file, offset, what is done about it.
struct Finding {
  enum class Kind : std::uint8_t { cut_off, damage };
  Kind kind = Kind::damage;
  std::string file;
  std::uint64_t offset = 0;
  std::string text;
};

class Recovery {
 public:
  Recovery();

  // The bytes stay where they are as long as this lives.
  void add(std::string file, std::string_view bytes);
  // A file that cannot be read, for this reason: nobody knows what was in it.
  void add_unreadable(std::string file, std::string why);
  // What is older than this generation was removed, since snapshots have it: every slot has to have a copy.
  void require_snapshots_of(std::uint64_t generation) { required_ = generation; }
  // Of the newest run that has sealed any.
  void seal(Seals seals) { seals_ = std::move(seals); }
  // By slot, the cessions of who is to serve it: what was begun at fewer is of a life that is over, and is
  // left out. What never said at how many it was begun is kept.
  void leave_out_below(std::vector<std::uint64_t> cessions) { floors_ = std::move(cessions); }
  void finish();

  [[nodiscard]] const std::vector<Finding>& findings() const { return findings_; }
  // Files that cannot be used at all, such as those of a newer format: the directory is not to be touched.
  [[nodiscard]] const std::vector<std::string>& refusals() const { return refusals_; }

  [[nodiscard]] std::uint64_t generations() const { return generations_; }  // the highest; 0: none
  [[nodiscard]] std::uint64_t changes() const { return changes_; }
  [[nodiscard]] std::uint64_t journal_bytes() const { return journal_bytes_; }  // of all files but snapshots
  // The streams as they were found, sealed by a run of this generation.
  [[nodiscard]] Seals seals(std::uint64_t generation) const { return {generation, ends_}; }
  [[nodiscard]] bool sealed(const StreamName& stream) const { return seals_.end_of(stream).has_value(); }
  [[nodiscard]] bool damaged(Slot slot) const { return slots_[slot].damaged; }
  [[nodiscard]] std::uint64_t last_sequence(Slot slot) const { return slots_[slot].sequence; }
  [[nodiscard]] const SlotVersion& version(Slot slot) const { return slots_[slot].version; }
  // Slots of which something was left out since it was begun too early.
  [[nodiscard]] std::size_t outlived() const { return outlived_; }
  [[nodiscard]] std::size_t changes_of(Slot slot) const { return slots_[slot].bodies.size(); }
  // Calls visit(effects) for every change of a slot, in order.
  void each_change(Slot slot, const std::function<void(std::string_view effects)>& visit) const;

 private:
  struct File {
    std::string name;
    std::string_view bytes;
    SegmentHeader header;
  };
  struct SlotChanges {
    std::vector<std::string_view> bodies;
    std::uint64_t sequence = 0;    // of the last of them
    SlotVersion version{};         // as of the last of them
    std::uint64_t copied_in = 0;   // the generation of the copy that they begin with; 0: none
    std::uint64_t changed_in = 0;  // the generation of the last of them
    bool damaged = false;
  };
  // A piece of a stream that could not be read.
  struct Hole {
    std::size_t file;
    std::uint64_t offset;    // in the file
    std::uint64_t position;  // in the stream
    bool slot_known;
    Slot slot;
  };
  struct Found;

  void leave_out_what_came_late();
  void read_snapshot(const File& file);
  void read_stream(std::size_t first, std::size_t last);
  void check_copies();
  void check_streams();
  void scan(std::size_t first, std::size_t last, Found& found) const;
  void take_changes(const Found& found, std::size_t first);
  void take_term(Slot of, const Record& record);
  void leave_out_outlived();
  void judge(const Found& found);
  void note(Finding::Kind kind, const File& file, std::uint64_t offset, std::string text);

  std::vector<File> files_;
  std::vector<File> snapshots_;
  bool header_damaged_ = false;
  std::uint64_t required_ = 0;
  Seals seals_;
  std::map<StreamName, std::uint64_t> ends_;  // of the streams that were read
  std::uint64_t journal_bytes_ = 0;
  std::vector<SlotChanges> slots_;
  std::vector<Finding> findings_;
  std::vector<std::string> refusals_;
  std::uint64_t generations_ = 0;
  std::uint64_t changes_ = 0;
  std::vector<std::uint64_t> floors_;  // may be empty
  std::size_t outlived_ = 0;
};

}  // namespace limpet::journal
