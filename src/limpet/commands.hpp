// What the line client has to know about single commands. Pure.
#pragma once

#include <span>
#include <string_view>

namespace limpet::client {

using Words = std::span<const std::string_view>;

// Its reply is a text for people (INFO, CLIENT LIST ...): shown as it is, whatever the look.
[[nodiscard]] bool answers_with_text(Words command);

// The server would send no reply to it or to the next one, and a client that waits for one would wait in
// vain.
[[nodiscard]] bool hides_replies(Words command);

// Holds a password: not to be kept in a history.
[[nodiscard]] bool holds_secret(Words command);

// Ends the client: "quit" or "exit" alone.
[[nodiscard]] bool says_goodbye(Words command);

// Are these the first words of the command, whatever their case?
[[nodiscard]] bool begins_with(Words command, std::string_view first, std::string_view second = {});

}  // namespace limpet::client
