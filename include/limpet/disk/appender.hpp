// Appender: writes the stream of one shard into its files, on threads of its own, so that no shard waits for
// a disk.
//
// append() may be called by one thread at a time and never blocks. What was queued meanwhile goes out in one
// write, and under `sync_always` in one sync. Otherwise a second thread syncs every second, so that a slow
// sync holds up no write.
//
// Events come from those threads. After `failed` nothing is written any more: a write or sync that failed is
// never tried again as if nothing had happened. A full disk is no failure: the bytes wait, `full` says so,
// and it goes on by itself.
#pragma once

#include <cstdint>
#include <functional>
#include <limpet/base/bytes.hpp>
#include <limpet/base/result.hpp>
#include <limpet/disk/directory.hpp>
#include <limpet/journal/segment.hpp>
#include <memory>
#include <string>

namespace limpet::disk {

struct AppenderEvents {
  std::function<void(std::uint64_t position)> written;  // the kernel has everything before
  std::function<void(std::uint64_t position)> synced;   // the disk has
  std::function<void(const std::string& why)> full;     // empty: no longer
  std::function<void(const std::string& why)> failed;
};

class Appender {
 public:
  // The first file is on the disk when this returns. `directory` outlives it. Of `header` everything but
  // number, position and time is taken.
  static Result<std::unique_ptr<Appender>> start(const Directory& directory,
                                                 const journal::SegmentHeader& header, bool sync_always,
                                                 AppenderEvents events);
  ~Appender();  // stop()
  Appender(const Appender&) = delete;
  Appender& operator=(const Appender&) = delete;

  void append(Bytes records);
  // What is written is synced at once, not only when it is time to.
  void sync_soon();
  // The number of the file that holds this position, or will.
  [[nodiscard]] std::uint32_t file_of(std::uint64_t position) const;
  // Everything that was appended is written and synced, unless the disk has failed or is full. Then `last` is
  // told up to where, and what it returns ends the stream.
  void stop(const std::function<Bytes(std::uint64_t synced)>& last = nullptr);

 private:
  class Impl;
  explicit Appender(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace limpet::disk
