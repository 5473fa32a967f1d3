// Client: what a shard knows of one connection.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <limpet/base/bytes.hpp>
#include <limpet/base/client_memory.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/base/stream.hpp>
#include <limpet/clients/backlog.hpp>
#include <limpet/clients/client_origin.hpp>
#include <limpet/clients/output_gate.hpp>
#include <limpet/clients/replies.hpp>
#include <limpet/clients/slot_wait.hpp>
#include <limpet/clients/turn_state.hpp>
#include <limpet/command/command.hpp>
#include <limpet/resp/reply.hpp>
#include <limpet/resp/request.hpp>
#include <memory>
#include <string>

namespace limpet::clients {

enum class ReplyMode : std::uint8_t { on, off, skip_this, skip_next };

struct Client : Stream {
  StreamId id;
  std::uint64_t number = 0;  // CLIENT ID: unique in the node
  ClientOrigin origin;
  std::int64_t opened_ms = 0;     // steady
  std::int64_t last_used_ms = 0;  // it sent something, or took some of its replies

  resp::RequestParser parser;
  Bytes input;  // of a request that is not complete, or not taken yet
  ReplyQueue replies;

  resp::Version version = resp::Version::resp2;
  ReplyMode reply_mode = ReplyMode::on;
  bool authenticated = false;
  bool ending = false;   // no command of it is taken any more; it is closed when all its replies are written
  bool broken = false;   // too much unread output: it is closed without another word
  bool barrier = false;  // a command is under way that those behind it must not overtake
  TurnState turn;        // may its input be taken?
  OutputGate gate;       // may its output leave?
  SlotWait wait;         // for a slot that its next command needs
  ClientMemory::Account memory;      // what is kept for it
  std::unique_ptr<Backlog> backlog;  // what it is owed behind `out`; null: nothing
  std::size_t largest_reply = 0;     // that came from elsewhere: how much the awaited ones may come to

  const command::Spec* last_command = nullptr;
  std::string name;
  std::string library_name;
  std::string library_version;
};

// How large a client's next reply may be, going by those before; 0: not worth counting.
[[nodiscard]] inline std::uint32_t large_reply(const Client& client) {
  if (client.largest_reply == 0) return kFirstReplyBytes;
  if (client.largest_reply < kFirstReplyBytes) return 0;
  return static_cast<std::uint32_t>(
      std::min<std::size_t>(client.largest_reply, std::numeric_limits<std::uint32_t>::max()));
}

// A name, library name or version that may stand in CLIENT LIST: printable, without spaces.
[[nodiscard]] bool valid_client_name(std::string_view name);

}  // namespace limpet::clients
