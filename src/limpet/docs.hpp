// Docs: what a server says about its commands (COMMAND DOCS), for completion and hints. A value; pure.
#pragma once

#include <limpet/resp/value.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::client {

class Fields;

class Docs {
 public:
  Docs() = default;
  // Of the reply to COMMAND DOCS; a reply that is none gives no docs.
  explicit Docs(const resp::Value& reply);

  // What the last word of `line`, perhaps empty, can become: a command, the second word of one, a topic of
  // help. In the case in which the word was begun.
  [[nodiscard]] std::vector<std::string> completions(std::string_view line) const;

  // The arguments of the command that `line` begins with, and what it does: "SET key value [NX|XX]  -- Sets
  // ...". Empty if it is not known.
  [[nodiscard]] std::string hint(std::string_view line) const;

 private:
  struct Entry {
    std::string arguments;
    std::string summary;
    std::vector<std::string> subcommands;  // lower case, the second word alone
  };
  static Entry entry_of(const Fields& fields);

  std::map<std::string, Entry, std::less<>> commands_;  // lower case; subcommands as "client id"
};

}  // namespace limpet::client
