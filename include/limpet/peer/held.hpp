// Who holds which slot, as shards tell it each other, and a node that was asked in vain. Of two that name
// different holders of a slot the one with the higher term is right.
//
//     owner = (slot (2 bytes), node (2 bytes), term (12 bytes)), ...  by the numbers of this process
//     notme  = term (12 bytes), name of the node that is believed to hold the slot, or nothing
//
// Little-endian. What came from a link is never trusted: take() and read() check lengths and slots.
#pragma once

#include <cstdint>
#include <limpet/base/bytes.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/base/term.hpp>
#include <string_view>

namespace limpet::peer {

struct OwnerOf {
  Slot slot = 0;
  std::uint16_t node = 0;
  Term term{};
};
void append_owner(Bytes& out, const OwnerOf& owner);
[[nodiscard]] bool take_owner(std::string_view& body, OwnerOf& owner);

struct NotMe {
  Term term{};
  std::string_view node;
};
void append_not_me(Bytes& out, const NotMe& not_me);
[[nodiscard]] bool read_not_me(std::string_view body, NotMe& not_me);

}  // namespace limpet::peer
