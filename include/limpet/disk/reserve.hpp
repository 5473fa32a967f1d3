// Reserve: room on the disk for what a start has to write, kept by a file while there is some.
//
// A start writes a new fence, titles, seals and the first files of the journal before it serves anything; on
// a full disk it could not, and a node that was killed there would not come back. So a running node keeps
// kStartRoomBytes in a file that has nothing in it, and a start that finds no room removes it, writes, and
// keeps what is left for the next one.
//
// Any thread may call it.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace limpet::disk {

inline constexpr const char* kReserveName = "limpet.room";
inline constexpr std::uint64_t kStartRoomBytes = 1U << 20;       // more than the titles of all slots take
inline constexpr std::uint64_t kStartRoomStepBytes = 64U << 10;  // where there is less, less is kept

class Reserve {
 public:
  explicit Reserve(const std::string& directory) : path_(directory + "/" + kReserveName) {}

  // While a start writes: gives the room to it. False: there is none, or the start is over.
  bool spend();
  // Whether the start had to take it: the disk is full.
  [[nodiscard]] bool spent() const { return spent_; }
  // The start has written everything. Keeps room for the next one: all of it if there is plenty, or what is
  // left of what this one took.
  void settle();
  // The disk has room again, or may have: the same where it is not kept yet.
  void refill();

 private:
  bool keep(std::uint64_t bytes) const;
  [[nodiscard]] std::uint64_t kept() const;
  [[nodiscard]] std::uint64_t free_bytes() const;

  const std::string path_;
  std::atomic<bool> starting_{true};
  std::atomic<bool> spent_{false};
};

}  // namespace limpet::disk
