// Relocation: RENAME, RENAMENX or COPY from one session to another that lives on another shard or node.
//
// Three steps, each run where its key is (command/relocate.hpp): the value is read, written under the new
// name, and for a RENAME the old one is erased if it is still what was read. If it is not, somebody changed
// it meanwhile, and the new value is moved in its turn. Other clients may see both keys for a moment.
//
//     read --> write --> erase --> done
//      ^                   |
//      +---- it changed ---+   kRelocateRoundsMax times at most
#pragma once

#include <cstddef>
#include <cstdint>
#include <limpet/command/relocate.hpp>
#include <limpet/gather/part.hpp>
#include <limpet/resp/reply.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::gather {

inline constexpr unsigned kRelocateRoundsMax = 4;

class Relocation {
 public:
  Relocation(const command::PairRequest& request, std::string_view from, std::string_view to)
      : request_(request), from_(from), to_(to) {}

  // The command of the step that is due; [1] is the key whose owner is to run it. Its words live until the
  // next call of this or of goes_on().
  [[nodiscard]] std::vector<std::string_view> command();
  [[nodiscard]] bool writes() const { return step_ != Step::read; }

  // The step has been answered. True: another one is due. REQUIRES: the answer is no error.
  [[nodiscard]] bool goes_on(const Part& answer);

  // What the client is told, going by the step that was the last. `error`: of its answer; empty: none.
  void reply(const Part& answer, const std::string& error, resp::ReplyWriter& reply) const;

  [[nodiscard]] std::size_t bytes() const { return sizeof *this + from_.size() + to_.size() + value_.size(); }

 private:
  enum class Step : std::uint8_t { read, write, erase };

  command::PairRequest request_;
  std::string from_;
  std::string to_;
  Step step_ = Step::read;
  std::string value_;    // as it was read
  std::string digest_;   // of it, for the erasing
  unsigned rounds_ = 1;  // readings so far
};

}  // namespace limpet::gather
