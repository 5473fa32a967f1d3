// OwnKeys: clients of a simulated cluster that each have keys of their own, in several slots, and know after
// every reply what stands in each of them.
//
// As nobody else touches these keys, each reply follows from those before it: a command over several of them
// that overtakes an earlier one of its connection, or is overtaken, is seen at once. Keys of which that is no
// longer known, since a command is in doubt, are left alone, and the client goes on with others.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "crowd.hpp"

namespace limpet::shard {

class OwnKeys {
 public:
  OwnKeys(SimCluster& cluster, std::vector<std::string_view> refusals);

  void add_client(unsigned node);
  void send_some();  // each client a few commands
  // Some of the values are of this size.
  void use_big_values(std::size_t bytes) { big_bytes_ = bytes; }
  // Sessions have gone with a disk, or those of the past are back.
  void forget();
  // Asked of this node, of keys that no command is under way for.
  void check(unsigned node);

  Crowd crowd;

 private:
  static constexpr std::size_t kKeys = 4;  // of a client
  struct Owner {
    unsigned life = 0;  // of its keys
    std::array<std::string, kKeys> values;
    std::deque<std::string> told = {};  // the last commands and their replies
  };
  struct Command {
    const char* name;
    std::vector<std::size_t> keys;
    std::string value;
  };

  void do_one(std::size_t client);
  [[nodiscard]] Command some_command();
  [[nodiscard]] std::string line(std::size_t client, const Command& command) const;
  void told(std::size_t client, unsigned life, const Command& command, Fate fate, const resp::Value* reply);
  void renew(Owner& owner);
  // What it leaves, and what it answers.
  static std::string apply(const Command& command, std::array<std::string, kKeys>& values);
  [[nodiscard]] static std::string name_of(std::size_t client, unsigned life, std::size_t key);

  SimCluster& cluster_;
  std::vector<Owner> owners_;
  std::uint64_t values_ = 0;
  std::size_t big_bytes_ = 0;
};

}  // namespace limpet::shard
