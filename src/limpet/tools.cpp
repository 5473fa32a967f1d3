// One command, and limpet's own tools: where, plan, haproxy, cluster status.
#include <unistd.h>

#include <array>
#include <cstdio>
#include <iostream>
#include <limpet/base/encoding.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/base/text.hpp>
#include <memory>
#include <string>
#include <vector>

#include "cluster_text.hpp"
#include "commands.hpp"
#include "exit_codes.hpp"
#include "fields.hpp"
#include "haproxy_text.hpp"
#include "run.hpp"
#include "session.hpp"

namespace limpet::client {

namespace {

using resp::Value;

void put(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

std::string what_is_wrong_with(const Value& reply) {
  const bool error = reply.type == Value::Type::error;
  return error ? printable(reply.text, reply.text.size()) : "an answer that limpet does not understand";
}

int complain_of_reply(const Value& reply) {
  std::fprintf(stderr, "limpet: the server answered: %s\n", what_is_wrong_with(reply).c_str());
  show_hint(reply.text);
  return kErrorReply;
}

Result<Value> ask(const Options& options, std::span<const std::string_view> command) {
  auto client = open_client(options);
  if (!client) return tl::unexpected(client.error());
  return client->ask(command);
}

Result<cluster::View> read_view(const std::string& path) {
  auto text = read_file(path, kConfigBytesMax);
  if (!text) return tl::unexpected(text.error());
  auto file = cluster::parse_file(*text, path);
  if (!file) return fail(Code::bad_config, file.error().text);
  return std::move(file->view);
}

}  // namespace

namespace {

// The reply is what the nodes that answer have, and the names of the others with the reasons.
int show_partial(const Value& reply, Look look) {
  if (reply.type != Value::Type::array || reply.elements.size() != 2) return complain_of_reply(reply);
  put(print(reply.elements[0], look));
  std::fflush(stdout);
  const std::vector<Value>& silent = reply.elements[1].elements;
  for (std::size_t i = 0; i + 1 < silent.size(); i += 2) {
    std::fprintf(stderr, "limpet: without node %s: %s\n", printable(text_of(silent[i])).c_str(),
                 printable(text_of(silent[i + 1])).c_str());
  }
  return silent.empty() ? kDone : kNotWhole;
}

}  // namespace

int run_command(const Options& options, const CommandTask& task) {
  std::vector<std::string_view> command = views_of(task.words);
  if (options.partial) command.insert(command.begin(), {"CLUSTER", "PARTIAL"});
  if (hides_replies(command))
    return complain({Code::bad_input, "CLIENT REPLY OFF and SKIP leave nothing to show"});
  const auto reply = ask(options, command);
  if (!reply) return complain(reply.error());
  Look look = options.look.value_or(isatty(STDOUT_FILENO) != 0 ? Look::pretty : Look::raw);
  if (answers_with_text(command) && reply->type != Value::Type::error) look = Look::raw;
  if (options.partial && reply->type != Value::Type::error) return show_partial(*reply, look);
  put(print(*reply, look));
  if (reply->type != Value::Type::error) return kDone;
  std::fflush(stdout);
  show_hint(reply->text);
  return kErrorReply;
}

namespace {

// Keys come one by one, from the command line or the standard input; each is answered in its order.
class Wheres {
 public:
  virtual ~Wheres() = default;
  [[nodiscard]] virtual Result<Where> of(const std::string& key) = 0;
};

class WheresOfFile final : public Wheres {
 public:
  explicit WheresOfFile(cluster::View view) : view_(std::move(view)) {}
  [[nodiscard]] Result<Where> of(const std::string& key) override { return where_in(view_, key); }

 private:
  cluster::View view_;
};

class WheresOfServer final : public Wheres {
 public:
  explicit WheresOfServer(net::LineClient client) : client_(std::move(client)) {}
  [[nodiscard]] Result<Where> of(const std::string& key) override {
    const auto reply = client_.ask(std::array<std::string_view, 3>{"CLUSTER", "WHERE", key});
    if (!reply) return tl::unexpected(reply.error());
    auto where = where_from(*reply, key);
    if (where) return std::move(*where);
    return fail(Code::refused, "the server answered: " + what_is_wrong_with(*reply));
  }

 private:
  net::LineClient client_;
};

Result<std::unique_ptr<Wheres>> open_wheres(const Options& options, const WhereTask& task) {
  if (!task.config_file.empty()) {
    auto view = read_view(task.config_file);
    if (!view) return tl::unexpected(view.error());
    return std::make_unique<WheresOfFile>(std::move(*view));
  }
  auto client = open_client(options);
  if (!client) return tl::unexpected(client.error());
  return std::make_unique<WheresOfServer>(std::move(*client));
}

}  // namespace

int run_where(const Options& options, const WhereTask& task) {
  auto wheres = open_wheres(options, task);
  if (!wheres) return complain(wheres.error());
  const bool from_input = task.keys.size() == 1 && task.keys[0] == "-";
  const bool one = !from_input && task.keys.size() == 1;
  const auto tell = [&](const std::string& key) -> Result<void> {
    const auto where = (*wheres)->of(key);
    if (!where) return tl::unexpected(where.error());
    put(one ? where_text(*where) : where_line(*where, key));
    return {};
  };
  for (const std::string& key : task.keys) {
    if (from_input) break;
    if (const auto told = tell(key); !told) return complain(told.error());
  }
  for (std::string key; from_input && std::getline(std::cin, key);) {
    if (key.empty()) continue;
    if (const auto told = tell(key); !told) return complain(told.error());
  }
  return kDone;
}

int run_plan(const PlanTask& task) {
  const auto before = read_view(task.before_file);
  if (!before) return complain(before.error());
  const auto after = read_view(task.after_file);
  if (!after) return complain(after.error());
  if (const auto fits = cluster::check_successor(*before, *after); !fits) {
    std::fprintf(stderr, "limpet: note: no node would take %s in: %s\n", escaped(task.after_file).c_str(),
                 escaped(fits.error().text).c_str());
  }
  const cluster::Plan plan = cluster::plan(*before, *after);
  put(task.json ? plan_json(plan) : plan_text(plan) + plan_files_text(*before, *after));
  return kDone;
}

int run_haproxy(const HaproxyTask& task) {
  const auto view = read_view(task.file);
  if (!view) return complain(view.error());
  put(haproxy_text(*view, task.file));
  return kDone;
}

int run_status(const Options& options, const StatusTask& task) {
  constexpr std::array<std::string_view, 2> kCommand = {"CLUSTER", "STATUS"};
  const auto reply = ask(options, kCommand);
  if (!reply) return complain(reply.error());
  const auto text = task.json ? status_json(*reply) : status_text(*reply);
  if (!text) return complain_of_reply(*reply);
  put(*text);
  return is_whole(*reply) ? kDone : kNotWhole;
}

}  // namespace limpet::client
