// Messages of a hand-over: what the source of a slot asks its target, what a target asks, and the answers.
//
// Every message but an answer is a question that has one answer; whoever sends it matches the two, as with
// requests. A message that is lost, comes twice or late does no harm: term and migration name the try that it
// belongs to.
//
//   message = kind (1 byte), boot, attempt (8 bytes each), term (12), number, digest (8 each, little-endian),
//   rest
//
// Bytes that came from a link are never trusted: read_message() checks all lengths.
#pragma once

#include <cstdint>
#include <limpet/base/bytes.hpp>
#include <limpet/handoff/title.hpp>
#include <string_view>

namespace limpet::handoff {

enum class Kind : std::uint8_t {
  // The source's.
  // Will you have it? number: the epoch of its view, digest: kOntoCopy, if nothing but the copy that is there
  // is needed.
  begin = 1,
  piece = 2,  // the next bytes of the stream, in `rest`; number: where they stand in it
  // That was all, and nothing more will come. number: bytes in all, digest: of them, rest: which changes they
  // are (numbering.hpp).
  finish = 3,
  grant = 4,  // it is yours; number: bytes in all
  abort = 5,  // it is not to be
  // The target's.
  ask = 6,  // what became of this try?
  // The source's, again.
  settle = 7,  // tell when all of it so far is on the disk; nothing is frozen yet
  // Answers.
  // To begin; digest: kTakesEnds, if finish may say where earlier terms ended, and in which boots.
  ready = 16,
  taken = 17,  // to piece; number: bytes received so far
  // To finish: they are on the disk, and so is the promise; number: how many; digest: how many ms syncs take.
  prepared = 18,
  owned = 19,      // to grant
  aborted = 20,    // to abort
  committed = 21,  // to ask: the slot was ceded in it; number: bytes in all
  abandoned = 22,  // to ask: it never will be
  pending = 23,    // to ask: that is not decided
  refused = 24,    // to anything; rest: why; number: kOfTheSlot, if other slots may fare better
  settled = 25,    // to settle; digest: how many ms syncs take there
};

inline constexpr Kind kLastQuestion = Kind::settle;
inline constexpr Kind kLastAnswer = Kind::settled;
inline constexpr std::uint64_t kOfTheSlot = 1;
inline constexpr std::uint64_t kTakesEnds = 2;  // 1 was said by nodes that knew no boots
inline constexpr std::uint64_t kOntoCopy = 1;

struct Message {
  Kind kind{};
  Migration migration{};
  Term term{};  // at which the source owns the slot, or did
  std::uint64_t number = 0;
  std::uint64_t digest = 0;
  std::string_view rest{};
};

inline constexpr std::size_t kMessageHeadBytes = 45;

void append_message(Bytes& out, const Message& message);
// `message.rest` points into `body`. False if it is no message.
[[nodiscard]] bool read_message(std::string_view body, Message& message);

}  // namespace limpet::handoff
