// Script: commands as lines of text, and what may stand between them. The form of the inputs of the target
// `commands`: readable where something is found, and good for a folder of regressions, as it does not depend
// on how the command table is numbered.
//
//   SET k0 "a b\x00"     a command, quoted as in redis-cli; @1000 stands for a value of a thousand bytes
//   !mset k 300          MSET of k0 ... k299, in one command
//   !hset h 300          HSET of h with fields f0 ... f299, in one command
//   !client 2            the following lines are another client's (0 to 2)
//   !pipeline            the following commands are sent in one go, up to the next line with a '!'
//   !pass 1500           so many milliseconds pass
//   !check               the keys are counted, in several ways
//   !end                 what happens at the end of an input happens here
//   !reset               everything begins anew
//   !bounded             from here on memory is short, and CONFIG SET, which is left out otherwise, does what
//   it does
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::fuzz {

struct ScriptLine {
  enum class Kind : std::uint8_t { nothing, command, client, pipeline, pass, check, end, reset, bounded };
  Kind kind = Kind::nothing;
  std::vector<std::string> words;  // of a command
  std::int64_t number = 0;         // of a client, or of milliseconds
};

inline constexpr std::size_t kScriptClients = 3;

// What makes no sense is nothing.
[[nodiscard]] ScriptLine read_script_line(std::string_view line);

}  // namespace limpet::fuzz
