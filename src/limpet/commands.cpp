#include "commands.hpp"

#include <algorithm>
#include <array>
#include <limpet/base/text.hpp>

namespace limpet::client {

bool begins_with(Words command, std::string_view first, std::string_view second) {
  if (command.empty() || !equals_ignore_case(command[0], first)) return false;
  return second.empty() || (command.size() > 1 && equals_ignore_case(command[1], second));
}

bool answers_with_text(Words command) {
  constexpr std::array<std::array<std::string_view, 2>, 7> kTexts = {{{"INFO", ""},
                                                                      {"HELP", ""},
                                                                      {"LOLWUT", ""},
                                                                      {"CLIENT", "LIST"},
                                                                      {"CLIENT", "INFO"},
                                                                      {"CLUSTER", "INFO"},
                                                                      {"CLUSTER", "NODES"}}};
  return std::any_of(kTexts.begin(), kTexts.end(),
                     [&](const auto& text) { return begins_with(command, text[0], text[1]); });
}

bool hides_replies(Words command) {
  return begins_with(command, "CLIENT", "REPLY") && command.size() > 2 &&
         !equals_ignore_case(command[2], "ON");
}

bool holds_secret(Words command) {
  if (begins_with(command, "AUTH")) return true;
  return begins_with(command, "HELLO") &&
         std::any_of(command.begin(), command.end(),
                     [](std::string_view word) { return equals_ignore_case(word, "AUTH"); });
}

bool says_goodbye(Words command) {
  return command.size() == 1 && (begins_with(command, "QUIT") || begins_with(command, "EXIT"));
}

}  // namespace limpet::client
