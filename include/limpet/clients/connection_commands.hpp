// Commands about the connection itself: PING, HELLO, AUTH, SELECT, RESET, QUIT and their like.
//
// They read and change nothing but the client that sends them; passwords and time are given. A command is
// taken in two steps, as RESET changes where its own reply goes (CLIENT REPLY) and in which version of RESP:
//
//     begin_connection_command()  ->  the owner opens the place of the reply  ->  answer_connection_command()
//
// A client's mistake is an error reply. Called by the shard that owns the client, on its thread.
#pragma once

#include <cstdint>
#include <limpet/base/bytes.hpp>
#include <limpet/base/secrets.hpp>
#include <limpet/base/time.hpp>
#include <limpet/clients/client.hpp>
#include <limpet/command/command.hpp>

namespace limpet::clients {

// What becomes of a connection once the reply is written.
enum class Afterwards : std::uint8_t { goes_on, ends };

// REQUIRES, of both: the row is of Scope::connection and the arguments fit it; CLUSTER is not among them.
[[nodiscard]] Afterwards begin_connection_command(Client& client, const command::Spec& spec,
                                                  const Secrets& passwords);
void answer_connection_command(Client& client, const command::Spec& spec, command::Args args,
                               const Secrets& passwords, Now now, Bytes& out);

}  // namespace limpet::clients
