// Gather: one command of several parts that is under way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limpet/gather/gathers.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "partial.hpp"
#include "relocation.hpp"
#include "roll_call.hpp"

namespace limpet::gather {

struct Gather {
  explicit Gather(const Head& begun) : head(begun), asker_is_there(begun.asker.stream.generation != 0) {}

  // Takes the answer of a part. More than kReplyBytesMax in all is an error.
  void take(std::uint32_t part, peer::Outcome outcome, std::string_view body);
  // The parts that have come since the last time answer for slots. REQUIRES: roll_call.
  void take_roll_answers();
  // Another round begins.
  void forget_parts();

  // Does anybody want its reply? A write goes on by what its parts say, also when its client has gone.
  [[nodiscard]] bool is_wanted() const {
    return head.write || head.asker.stream.generation == 0 || asker_is_there;
  }
  [[nodiscard]] std::string failure() const;
  [[nodiscard]] std::size_t bytes_kept() const;
  void release_replies();

  // The reply, of parts that are no errors.
  void merge(resp::ReplyWriter& reply) const;

  Head head;
  bool asker_is_there;
  std::size_t open = 0;  // parts not answered yet
  std::vector<Part> parts;
  std::size_t bytes = 0;                   // of all replies
  bool too_long = false;                   // more than kReplyBytesMax
  std::size_t charged = 0;                 // to whoever asked
  Lsn lsn = 0;                             // what the reply shows
  std::vector<std::uint32_t> part_of_key;  // Merge::gather
  std::vector<std::string> args;           // of the command, where parts or the end need them
  std::unique_ptr<RollCall> roll_call;     // of a command about all keys
  std::optional<Enough> enough;            // it is asked again until then
  std::size_t roll_parts = 0;              // parts that it has heard
  std::unique_ptr<Partial> partial;        // of one that does with the nodes that answer
  bool judging = false;                    // whether it has got enough of them
  std::unique_ptr<Relocation> relocation;
};

}  // namespace limpet::gather
