// One command, and limpet's own tools: where, plan, cluster status.
#include <unistd.h>

#include <array>
#include <cstdio>
#include <limpet/base/encoding.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/base/text.hpp>

#include "cluster_text.hpp"
#include "commands.hpp"
#include "exit_codes.hpp"
#include "fields.hpp"
#include "run.hpp"
#include "session.hpp"

namespace limpet::client {

namespace {

using resp::Value;

void put(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

int complain_of_reply(const Value& reply) {
  const bool error = reply.type == Value::Type::error;
  const std::string text =
      error ? printable(reply.text, reply.text.size()) : "an answer that limpet does not understand";
  std::fprintf(stderr, "limpet: the server answered: %s\n", text.c_str());
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

int run_command(const Options& options, const CommandTask& task) {
  const auto command = views_of(task.words);
  if (hides_replies(command))
    return complain({Code::bad_input, "CLIENT REPLY OFF and SKIP leave nothing to show"});
  const auto reply = ask(options, command);
  if (!reply) return complain(reply.error());
  Look look = options.look.value_or(isatty(STDOUT_FILENO) != 0 ? Look::pretty : Look::raw);
  if (answers_with_text(command) && reply->type != Value::Type::error) look = Look::raw;
  put(print(*reply, look));
  return reply->type == Value::Type::error ? kErrorReply : kDone;
}

int run_where(const Options& options, const WhereTask& task) {
  if (!task.config_file.empty()) {
    const auto view = read_view(task.config_file);
    if (!view) return complain(view.error());
    put(where_text(where_in(*view, task.key)));
    return kDone;
  }
  const std::array<std::string_view, 3> command = {"CLUSTER", "WHERE", task.key};
  const auto reply = ask(options, command);
  if (!reply) return complain(reply.error());
  const auto where = where_from(*reply, task.key);
  if (!where) return complain_of_reply(*reply);
  put(where_text(*where));
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
  put(task.json ? plan_json(plan) : plan_text(plan));
  return kDone;
}

int run_status(const Options& options) {
  constexpr std::array<std::string_view, 2> kCommand = {"CLUSTER", "STATUS"};
  const auto reply = ask(options, kCommand);
  if (!reply) return complain(reply.error());
  const auto text = status_text(*reply);
  if (!text) return complain_of_reply(*reply);
  put(*text);
  return kDone;
}

}  // namespace limpet::client
