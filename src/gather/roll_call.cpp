#include "roll_call.hpp"

#include <utility>

#include "array_reader.hpp"

namespace limpet::gather {

void RollCall::take(Part& part, resp::Version version) {
  ArrayReader reader(part.reply.view());
  const auto slots = SlotSet::read(reader.next_text());
  const std::string_view element = reader.next();
  Bytes answer;
  if (!slots || element.empty()) {
    resp::ReplyWriter(answer, version).error("ERR the nodes run different releases of limpet");
  } else if (answers(*slots)) {
    answer.append(element);
  }
  part.reply = std::move(answer);
}

}  // namespace limpet::gather
