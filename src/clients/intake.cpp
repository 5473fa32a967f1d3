#include <limpet/clients/intake.hpp>

namespace limpet::clients {

void Intake::end_batch(Client& client) {
  goes_on_ = at_ == count_;
  // What was read further on is for another time.
  if (at_ + 1 < count_) client.parser.forget();
  // Only the last one may have had many arguments.
  resp::Args& last = parsed_[count_ - 1].args;
  if (last.capacity() > kAheadArgsKept) resp::Args().swap(last);
}

}  // namespace limpet::clients
