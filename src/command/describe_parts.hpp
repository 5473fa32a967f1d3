// The parts of COMMAND's replies that describe.cpp writes and command_command.cpp puts together.
#pragma once

#include <limpet/command/describe.hpp>
#include <string>
#include <string_view>

namespace limpet::command {

// "client|id"
[[nodiscard]] std::string full_name(const Spec& spec, const Subcommand& subcommand);

// Words that are separated by spaces, as a set of simple strings.
void write_simple_set(std::string_view words, resp::ReplyWriter& reply);

// As command_info and command_docs.
void subcommand_info(const Spec& spec, const Subcommand& subcommand, resp::ReplyWriter& reply);
void subcommand_docs(const Spec& spec, const Subcommand& subcommand, resp::ReplyWriter& reply);

}  // namespace limpet::command
