// A client without a shard: what it says is run by the rules of room clients alone, and what it gets is its
// reply as it stands on the wire.
#pragma once

#include <limpet/base/secrets.hpp>
#include <limpet/clients/client.hpp>
#include <limpet/clients/client_commands.hpp>
#include <limpet/clients/connection_commands.hpp>
#include <limpet/command/command.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet::clients {

// Words, and a view of them as a request has them.
class Request {
 public:
  explicit Request(std::string_view line) {
    std::istringstream words{std::string(line)};
    for (std::string word; words >> word;) words_.push_back(word);
    view();
  }
  explicit Request(std::vector<std::string> words) : words_(std::move(words)) { view(); }
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  [[nodiscard]] command::Args args() const { return views_; }
  [[nodiscard]] const command::Spec& row() const { return *command::find(words_[0]); }

 private:
  void view() { views_.assign(words_.begin(), words_.end()); }

  std::vector<std::string> words_;
  std::vector<std::string_view> views_;
};

struct AClient {
  explicit AClient(Secrets needed = {}, std::uint64_t number = 7) : passwords(std::move(needed)) {
    client.number = number;
    client.origin = {.address = "10.0.0.1:" + std::to_string(50'000 + number),
                     .local_address = "10.0.0.2:6379",
                     .of_this_host = false};
    client.authenticated = passwords.empty();
  }

  // A command about the connection.
  std::string ask(std::string_view line) {
    const Request request(line);
    afterwards = begin_connection_command(client, request.row(), passwords);
    Bytes out;
    answer_connection_command(client, request.row(), request.args(), passwords, now, out);
    return std::string(out.view());
  }

  // CLIENT, as far as it is known before anybody else is asked.
  command::Step begin(std::string_view line) {
    const Request request(line);
    return begin_client_command(client, request.row(), request.args());
  }
  // CLIENT, of one that concerns this client alone.
  std::string ask_client(std::string_view line) {
    const Request request(line);
    const command::Step step = begin_client_command(client, request.row(), request.args());
    if (step.kind != command::Step::Kind::answer) return step.error;
    Bytes out;
    answer_client_command(client, request.row(), request.args(), now, out);
    return std::string(out.view());
  }

  Secrets passwords;
  Now now{.steady_ms = 100'000, .unix_ms = 1'700'000'000'123};
  Client client;
  Afterwards afterwards = Afterwards::goes_on;
};

}  // namespace limpet::clients
