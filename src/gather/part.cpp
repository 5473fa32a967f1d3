#include <algorithm>
#include <limpet/gather/part.hpp>

namespace limpet::gather {

namespace {

bool may_have_run(const Part& part) {
  if (part.outcome == peer::Outcome::in_doubt) return true;
  return part.outcome == peer::Outcome::done &&
         (!is_error(part.reply.view()) || part.reply.view().starts_with("-INDOUBT"));
}

}  // namespace

std::string_view error_of(const Part& part) {
  // The body of this outcome is the name of a node, nothing for a client.
  if (part.outcome == peer::Outcome::not_mine) return "TRYAGAIN the owner of a slot is changing";
  if (part.outcome != peer::Outcome::done) return part.reply.view();
  if (!is_error(part.reply.view())) return {};
  const std::string_view line = part.reply.view().substr(1);
  return line.substr(0, line.find('\r'));
}

std::string error_of(Parts parts, bool write) {
  const auto failed =
      std::find_if(parts.begin(), parts.end(), [](const Part& part) { return !error_of(part).empty(); });
  if (failed == parts.end()) return {};
  const std::string error(error_of(*failed));
  if (!write || std::none_of(parts.begin(), parts.end(), may_have_run)) return error;
  return "INDOUBT a part of the command may have been executed: " + error;
}

void take_failed(std::vector<Part>& parts, std::vector<Part>& failed) {
  std::vector<Part> fine;
  for (Part& part : parts) (error_of(part).empty() ? fine : failed).push_back(std::move(part));
  parts = std::move(fine);
}

void write_roll_answer(resp::ReplyWriter& reply, const SlotSet& slots, std::string_view answer) {
  reply.array(2);
  reply.bulk(slots.bytes());
  reply.out().append(answer);
}

}  // namespace limpet::gather
