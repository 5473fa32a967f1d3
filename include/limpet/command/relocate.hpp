// The steps of a RENAME or COPY whose two keys live on different shards or nodes. Whoever holds the client
// (shard/relocate.cpp) asks for them one after the other; they travel like commands, but no client can send
// them, as no command has such a name.
//
//     @read KEY                     the value with its time-out as one bulk string; null if there is none
//     @write KEY VALUE nx|replace   1, or 0 if `nx` forbids it
//     @erase KEY DIGEST             1, or 0 if the value is no longer that of the digest
#pragma once

#include <limpet/command/command.hpp>
#include <string>
#include <string_view>

namespace limpet::command {

inline constexpr std::string_view kStepRead = "@read";
inline constexpr std::string_view kStepWrite = "@write";
inline constexpr std::string_view kStepErase = "@erase";

// Is this request one of the steps, with the arguments that it has to have?
[[nodiscard]] bool is_step(Args args);
// REQUIRES: is_step(). Appends one reply.
void run_step(Context& context, Args args);

// What @erase compares: of a value as @read gave it.
[[nodiscard]] std::string digest_of(std::string_view value);

// RENAME, RENAMENX or COPY, its options understood.
struct PairRequest {
  bool keep_source = false;  // COPY
  bool replace = false;      // an existing destination
  bool strict = false;       // an absent source is an error (not for COPY)
  bool counts = false;       // the reply is 1 or 0, not OK
};
// Returns the text of an error, or nothing.
[[nodiscard]] std::string_view parse_pair(Args args, PairRequest& request);

}  // namespace limpet::command
