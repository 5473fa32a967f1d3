#include "kinds.hpp"

#include <cstdlib>
#include <limpet/base/hash.hpp>
#include <string>

namespace limpet::shard {

Kinds::Kinds(std::uint64_t seed) {
  const char* const given = std::getenv("LIMPET_MOVING_KINDS");
  const std::string wanted = given != nullptr ? " " + std::string(given) + " " : "";
  const bool all = wanted == " all ";
  for (const KindRow& row : kWorldKinds) {
    const bool named = wanted.find(" " + std::string(row.name) + " ") != std::string::npos;
    const bool its_turn = hash64(row.name, seed) % row.one_in == 0;
    if (!wanted.empty() && !all ? !named : !its_turn || !(row.on || all)) continue;
    set_ |= bit(row.kind);
    loses_ = loses_ || row.loses;
  }
}

}  // namespace limpet::shard
