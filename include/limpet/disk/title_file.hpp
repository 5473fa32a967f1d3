// TitleFile: keeps a node's titles in its data directory, on a thread of its own, in a file for each boot.
//
// What is to be written is told with a call each, from any thread, and none of them blocks. All that waits
// goes out in one write and one sync, so moving many slots costs as many syncs as moving one. Whoever told it
// hears, on the thread of the file, when it is on the disk and the directory is still this run's; only then
// may it be acted on.
//
// Where there is no room for a record the file is cut back to what it was: the titles of that record are told
// so (Code::full) and may be told again, the rest waits for room. Any other write that failed, and every
// sync, is final: from there on everything fails.
#pragma once

#include <cstdint>
#include <functional>
#include <limpet/disk/directory.hpp>
#include <limpet/handoff/title_book.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet::disk {

inline constexpr std::string_view kTitleExtension = ".titles";

// The last boot whose titles are in the directory; 0: none.
[[nodiscard]] Result<std::uint64_t> last_boot(const Directory& directory);

struct TitleFileEvents {
  // There is no room, and why; empty: there is again. On the thread of the file.
  std::function<void(const std::string& why)> full = nullptr;
  // For tests, before each write: an error, and half of it is written.
  std::function<Result<void>()> before_write = nullptr;
};

class TitleFile {
 public:
  using Done = std::function<void(const Result<void>&)>;
  using Appended = std::function<void()>;

  // Begins boot `generation`, which has the fence: reads what the boots before left, also in an older format,
  // raises the terms of what is owned if the last one did not stop cleanly, and has the result on the disk
  // before it returns. The boot is named by the generation and `random` (handoff::boot_id()). Error: a file
  // that is damaged, or of a newer format, with what to do. `directory` outlives it.
  [[nodiscard]] static Result<std::unique_ptr<TitleFile>> open(const Directory& directory,
                                                               std::uint64_t generation, std::uint64_t random,
                                                               TitleFileEvents events = {});
  // What a directory has, as far as it can be read beside whoever may use it: takes no lock, changes nothing.
  // Nothing: there is no file of titles.
  [[nodiscard]] static Result<std::optional<handoff::TitleBook>> peek(const std::string& path);
  // The path of the file that it reads.
  [[nodiscard]] static Result<std::optional<std::string>> newest(const std::string& path);
  ~TitleFile();  // without stop(): what waits is not written, and the next start takes this end for unclean
  TitleFile(const TitleFile&) = delete;
  TitleFile& operator=(const TitleFile&) = delete;

  // What was known when it was opened.
  [[nodiscard]] const handoff::TitleBook& book() const;
  // Bytes of a record that was not whole, and so never acted on: dropped at the start.
  [[nodiscard]] std::size_t dropped_bytes() const;

  // `appended`, if there is one, is told in between: that they are written, and not synced.
  void titles(std::vector<std::pair<Slot, handoff::SlotTitle>> titles, Done done,
              Appended appended = nullptr);
  // From now on `member` is the node of that name. REQUIRES: the next number that book().names() has not.
  void name(handoff::Member member, std::string name, Done done);
  void founded(std::uint64_t digest, Done done);
  void view(std::uint64_t epoch, std::string text, Done done);
  // The highest boot of another node that was heard of. REQUIRES: its name was told.
  void seen(handoff::Member member, std::uint64_t boot, Done done);
  void self(std::string text, Done done);

  // Writes what waits, and that this boot ends in good order, unless that is not so. Nothing may be told
  // after it.
  [[nodiscard]] Result<void> stop(bool in_good_order = true);

 private:
  class Impl;
  explicit TitleFile(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace limpet::disk
