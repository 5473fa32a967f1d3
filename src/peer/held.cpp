#include <limpet/peer/held.hpp>

namespace limpet::peer {

void append_holder(Bytes& out, const HolderOf& holder) {
  append_le(out, holder.slot);
  append_le(out, holder.node);
  append_term(out, holder.term);
}

bool take_holder(std::string_view& body, HolderOf& holder) {
  return take_le(body, holder.slot) && take_le(body, holder.node) && take_term(body, holder.term) &&
         holder.slot < kSlots;
}

void append_not_me(Bytes& out, const NotMe& not_me) {
  append_term(out, not_me.term);
  out.append(not_me.node);
}

bool read_not_me(std::string_view body, NotMe& not_me) {
  if (!take_term(body, not_me.term)) return false;
  not_me.node = body;
  return true;
}

}  // namespace limpet::peer
