// HandOverView: what a cluster file says to hand-overs, by the members' numbers. A value.
#pragma once

#include <cstdint>
#include <limpet/base/slot.hpp>
#include <limpet/handoff/actions.hpp>
#include <limpet/handoff/title.hpp>
#include <map>
#include <string>
#include <vector>

namespace limpet::handoff {

struct HandOverView {
  std::uint64_t epoch = 0;
  std::vector<Member> owners;  // by slot
  // For the log: how nodes are called, and why slots go to them that are held by another.
  std::vector<std::string> names{};        // by member
  std::map<Member, std::string> causes{};  // of those that are to get some

  // Another node than `self` is to have it.
  [[nodiscard]] bool wants_elsewhere(Slot slot, Member self) const {
    return owners[slot] != self && owners[slot] != kNobody;
  }
  [[nodiscard]] std::string name_of(Member member) const {
    return member < names.size() ? names[member] : "node number " + std::to_string(member);
  }
  // "n2 (epoch 4 of the cluster file)"
  [[nodiscard]] std::string why_to(Member member) const {
    const auto cause = causes.find(member);
    return name_of(member) + (cause == causes.end() ? "" : " (" + cause->second + ")");
  }
};

}  // namespace limpet::handoff
