// Conversation: what one client says to a node in one go, and how many replies it has to get.
//
// It keeps in mind what a client can do to its own replies: CLIENT REPLY, HELLO and RESET.
#pragma once

#include <cstdint>
#include <limpet/command/command.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::fuzz {

// The replies in `received`, as they stand there; they have to be whole and well formed.
[[nodiscard]] std::vector<std::string> split_replies(std::string_view received);

struct Said {
  const command::Spec* spec = nullptr;  // null: no such command
  std::vector<std::string> words;
  bool answered = true;  // gets a reply
};

class Conversation {
 public:
  // Adds a command. Nothing is said behind QUIT.
  void say(std::vector<std::string> words);
  [[nodiscard]] const std::vector<Said>& said() const { return said_; }
  [[nodiscard]] std::string bytes() const;

  [[nodiscard]] std::size_t expected() const;  // replies, to all that was said

  // Holds `received` to what was said: as many replies as there have to be (fewer only if the connection
  // ended), each well formed and in the version of RESP that the client speaks. Returns them as they stand
  // there.
  [[nodiscard]] std::vector<std::string> check(std::string_view received, bool ended);
  // What follows is said when the replies to this are there.
  void clear() { said_.clear(); }

 private:
  enum class Mode : std::uint8_t { on, off, skip };
  bool is_answered(const Said& said);
  void check_reply(const Said& said, const std::string& reply);

  std::vector<Said> said_;
  Mode mode_ = Mode::on;
  int version_ = 2;  // 0: not known, as the reply to a HELLO was not to be seen
};

}  // namespace limpet::fuzz
