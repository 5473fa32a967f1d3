// CLIENT: what is known of connections, and what may be done to them.
//
// A subcommand is taken in two steps. begin_client_command() looks at the request, changes what decides where
// its reply goes (CLIENT REPLY), and says what is to be done; answer_client_command() writes the reply of one
// that concerns this client alone. LIST and KILL concern all clients of the node: each of its shards is
// asked, and goes through its clients with a ClientList or a KillFilter.
//
// Pure; called by the shard that owns the clients, on its thread. Time is steady, in milliseconds. A client's
// mistake is an error reply.
#pragma once

#include <cstdint>
#include <limpet/base/bytes.hpp>
#include <limpet/base/time.hpp>
#include <limpet/clients/client.hpp>
#include <limpet/command/command.hpp>
#include <limpet/command/step.hpp>
#include <limpet/resp/reply.hpp>
#include <string>
#include <vector>

namespace limpet::clients {

[[nodiscard]] command::Step begin_client_command(Client& client, const command::Spec& spec,
                                                 command::Args args);
// REQUIRES: begin_client_command() has said Step::Kind::answer.
void answer_client_command(Client& client, const command::Spec& spec, command::Args args, Now now,
                           Bytes& out);

// A shard's part of CLIENT LIST. `part`: Step::args.
class ClientList {
 public:
  ClientList(command::Args part, Now now);

  // Of all clients of the shard: takes note of those that are asked for.
  void add(const Client& client);
  void reply(resp::ReplyWriter& reply) const;

 private:
  Now now_;
  bool by_id_;
  bool none_;                       // of a type that no client of limpet is of
  std::vector<std::uint64_t> ids_;  // sorted
  std::vector<std::string> lines_;
};

// A shard's part of CLIENT KILL. It keeps a view of `part`.
class KillFilter {
 public:
  enum class Fate : std::uint8_t {
    stays,
    ends,    // behind its last reply
    aborts,  // it has not read what it was sent, and is not waited for
  };

  explicit KillFilter(command::Args part) : part_(part) {}

  [[nodiscard]] Fate fate_of(const Client& client) const;

 private:
  command::Args part_;  // CLIENT KILL, and pairs of an option and its value; all of them have to fit
};

}  // namespace limpet::clients
