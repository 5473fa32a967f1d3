// What the command table says about itself: COMMAND, and help for people at a line.
//
// Pure functions from the table to replies, free of any state.
#pragma once

#include <limpet/command/command.hpp>
#include <limpet/resp/reply.hpp>
#include <string_view>
#include <vector>

namespace limpet::command {

// The entry of COMMAND INFO in the form of Redis 7: name, arity, flags, first key, last key, step, ACL
// categories, tips, key specifications, subcommands.
void command_info(const Spec& spec, resp::ReplyWriter& reply);

// The name and the entry of COMMAND DOCS: two elements of the map around them.
void command_docs(const Spec& spec, resp::ReplyWriter& reply);

// All names, subcommands as "client|id" behind their command.
void command_list(resp::ReplyWriter& reply);

// The keys of `request`, in order. Returns the text of an error, or nothing.
[[nodiscard]] std::string_view getkeys(Args request, std::vector<std::string_view>& out);

// Answers COMMAND with all its subcommands and errors.
void handle_command(Args args, resp::ReplyWriter& reply);

// Answers HELP [command]: lines of text.
void handle_help(Args args, resp::ReplyWriter& reply);

// Answers CLIENT HELP, CONFIG HELP and the like.
void subcommand_help(const Spec& spec, resp::ReplyWriter& reply);

}  // namespace limpet::command
