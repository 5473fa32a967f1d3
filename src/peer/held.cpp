#include <limpet/peer/held.hpp>

namespace limpet::peer {

void append_owner(Bytes& out, const OwnerOf& owner) {
  append_le(out, owner.slot);
  append_le(out, owner.node);
  append_term(out, owner.term);
}

bool take_owner(std::string_view& body, OwnerOf& owner) {
  return take_le(body, owner.slot) && take_le(body, owner.node) && take_term(body, owner.term) &&
         owner.slot < kSlots;
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
