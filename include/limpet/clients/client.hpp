// Client: what a shard knows of one connection.
#pragma once

#include <cstdint>
#include <limpet/base/bytes.hpp>
#include <limpet/base/client_memory.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/base/stream.hpp>
#include <limpet/clients/backlog.hpp>
#include <limpet/clients/client_origin.hpp>
#include <limpet/clients/output_gate.hpp>
#include <limpet/clients/replies.hpp>
#include <limpet/clients/sent_commands.hpp>
#include <limpet/clients/slot_wait.hpp>
#include <limpet/clients/turn_state.hpp>
#include <limpet/command/command.hpp>
#include <limpet/resp/reply.hpp>
#include <limpet/resp/request.hpp>
#include <memory>
#include <string>

namespace limpet::clients {

enum class ReplyMode : std::uint8_t { on, off, skip_this, skip_next };

// What a client calls itself.
struct ClientNames {
  std::string connection;  // CLIENT SETNAME
  std::string library;     // CLIENT SETINFO
  std::string library_version;
};

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
  bool ending = false;  // no command of it is taken any more; it is closed when all its replies are written
  bool broken = false;  // too much unread output: it is closed without another word
  TurnState turn;       // may its input be taken?
  OutputGate gate;      // may its output leave?
  SlotWait wait;        // for a slot that its next command needs
  ClientMemory::Account memory;      // what is kept for it
  std::unique_ptr<Backlog> backlog;  // what it is owed behind `out`; null: nothing

  SentCommands commands;
  ClientNames names;
};

// A name, library name or version that may stand in CLIENT LIST: printable, without spaces.
[[nodiscard]] bool valid_client_name(std::string_view name);

}  // namespace limpet::clients
