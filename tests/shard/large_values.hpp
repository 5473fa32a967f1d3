// LargeValues: a client of a simulated cluster whose values are as large as any may be, in strings and in the
// fields of hashes, and that knows after every reply how long each is. They have to move like any other, and
// to hurt nobody.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "crowd.hpp"

namespace limpet::shard {

class LargeValues {
 public:
  LargeValues(SimCluster& cluster, std::vector<std::string_view> refusals);

  void send_some();
  // Sessions have gone with a disk, or those of the past are back.
  void forget();
  // Asked of this node.
  void check(unsigned node);

  Crowd crowd;

 private:
  static constexpr std::size_t kKeys = 3;
  using Hash = std::map<std::string, std::size_t>;  // the lengths of its fields

  void set_field();
  void erase_key();
  void rename();
  void look();
  [[nodiscard]] std::string name_of(std::size_t key) const;
  void say(const std::vector<std::string>& words, std::function<std::string()> apply);

  SimCluster& cluster_;
  unsigned life_ = 0;  // of the keys
  std::array<Hash, kKeys> keys_;
};

}  // namespace limpet::shard
