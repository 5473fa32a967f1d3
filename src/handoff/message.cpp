#include <limpet/handoff/message.hpp>

namespace limpet::handoff {

void append_message(Bytes& out, const Message& message) {
  append_le(out, static_cast<std::uint8_t>(message.kind));
  append_le(out, message.migration.boot);
  append_le(out, message.migration.attempt);
  append_term(out, message.term);
  append_le(out, message.number);
  append_le(out, message.digest);
  out.append(message.rest);
}

bool read_message(std::string_view body, Message& message) {
  std::uint8_t kind = 0;
  if (!take_le(body, kind) || !take_le(body, message.migration.boot) ||
      !take_le(body, message.migration.attempt) || !take_term(body, message.term) ||
      !take_le(body, message.number) || !take_le(body, message.digest)) {
    return false;
  }
  message.kind = static_cast<Kind>(kind);
  message.rest = body;
  const bool question = message.kind >= Kind::begin && message.kind <= kLastQuestion;
  const bool answer = message.kind >= Kind::ready && message.kind <= kLastAnswer;
  return question || answer;
}

}  // namespace limpet::handoff
