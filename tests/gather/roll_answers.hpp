// What the tests of this room share: sets of slots, and answers of a roll call.
#pragma once

#include <limpet/base/bytes.hpp>
#include <limpet/base/slot_set.hpp>
#include <limpet/gather/part.hpp>
#include <limpet/resp/reply.hpp>
#include <string>
#include <string_view>

namespace limpet::gather {

inline SlotSet slots(std::size_t from, std::size_t behind) {
  SlotSet set;
  for (std::size_t slot = from; slot < behind; ++slot) set.add(static_cast<Slot>(slot));
  return set;
}

inline std::string roll_answer(const SlotSet& of, std::string_view answer) {
  Bytes out;
  resp::ReplyWriter reply(out, resp::Version::resp2);
  write_roll_answer(reply, of, answer);
  return std::string(out.view());
}

}  // namespace limpet::gather
