#include <limpet/handoff/actions.hpp>

namespace limpet::handoff {

void Actions::ask(Member to, Slot slot, const Message& message) {
  Question& question = questions.emplace_back();
  question.to = to;
  question.slot = slot;
  append_message(question.body, message);
}

void Actions::answer(std::uint64_t ticket, const Message& message) {
  Answer& answer = answers.emplace_back();
  answer.ticket = ticket;
  append_message(answer.body, message);
}

}  // namespace limpet::handoff
