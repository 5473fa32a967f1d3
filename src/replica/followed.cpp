#include <limpet/replica/followed.hpp>

namespace limpet::replica {

void append_followed(Bytes& out, const Followed& followed) {
  append_le(out, followed.stream);
  append_le(out, followed.taken);
  append_le(out, followed.confirmed);
  for (const CopyState& state : followed.states) {
    append_le(out, state.slot);
    out.push_back(static_cast<char>(state.kind));
    append_with_boot(out, state.last);
  }
}

std::optional<Followed> read_followed(std::string_view bytes) {
  Followed followed;
  const bool head =
      take_le(bytes, followed.stream) && take_le(bytes, followed.taken) && take_le(bytes, followed.confirmed);
  if (!head || followed.confirmed > followed.taken) return std::nullopt;
  while (!bytes.empty()) {
    CopyState& state = followed.states.emplace_back();
    std::uint8_t kind = 0;
    const bool whole =
        take_le(bytes, state.slot) && take_le(bytes, kind) && take_with_boot(bytes, state.last);
    const bool known = kind >= static_cast<std::uint8_t>(CopyState::Kind::has) &&
                       kind <= static_cast<std::uint8_t>(CopyState::Kind::broken);
    if (!whole || !known || state.slot >= kSlots) return std::nullopt;
    state.kind = static_cast<CopyState::Kind>(kind);
  }
  return followed;
}

}  // namespace limpet::replica
