// limpet cluster reload: all nodes are asked first, so that no edit is taken on some of them alone.
#include <array>
#include <cstdio>
#include <limpet/base/text.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "exit_codes.hpp"
#include "fields.hpp"
#include "reload_text.hpp"
#include "run.hpp"
#include "session.hpp"

namespace limpet::client {

namespace {

using resp::Value;

Result<Value> ask_cluster(net::LineClient& client, std::string_view what, bool all) {
  std::vector<std::string_view> command = {"CLUSTER", what};
  if (all) command.emplace_back("ALL");
  Result<Value> reply = client.ask(command);
  if (reply && reply->type == Value::Type::error)
    return fail(Code::refused, "the server answered: " + printable(reply->text, reply->text.size()));
  return reply;
}

// Of all nodes: [name, what it says, ...].
std::vector<NodeFile> files_in(const Value& reply, bool all) {
  if (!all) return {node_file("", reply)};
  std::vector<NodeFile> files;
  for (std::size_t i = 0; i + 1 < reply.elements.size(); i += 2)
    files.push_back(node_file(text_of(reply.elements[i]), reply.elements[i + 1]));
  return files;
}

// What was done. False: on an awaited node, or on one that has agreed, it was not.
bool show_reloaded(const Value& reply, bool all, const std::vector<NodeFile>& files) {
  bool done = true;
  const auto line = [](const Value& said) { return printable(said.text, said.text.size()); };
  if (!all) std::printf("%s\n", line(reply).c_str());
  for (std::size_t i = 0; all && i + 1 < reply.elements.size(); i += 2) {
    const std::string node = text_of(reply.elements[i]);
    const Value& said = reply.elements[i + 1];
    std::printf("%s: %s\n", printable(node).c_str(), line(said).c_str());
    for (const NodeFile& file : files) {
      const bool agreed = file.node == node && file.verdict != NodeFile::Verdict::silent;
      if (agreed && said.type == Value::Type::error) done = false;
    }
  }
  return done;
}

}  // namespace

int run_reload(const Options& options, const ReloadTask& task) {
  auto client = open_client(options);
  if (!client) return complain(client.error());
  const auto told = ask_cluster(*client, "CHECK", task.all);
  if (!told) return complain(told.error());
  const std::vector<NodeFile> files = files_in(*told, task.all);
  const ReloadCheck check = check_reload(files);
  const int outcome = check.whole ? kDone : kNotWhole;
  if (check.refused) {
    if (task.all) {
      std::fputs(check.text.c_str(), stdout);
      std::fflush(stdout);
      std::fputs("limpet: nothing was changed on any node\n", stderr);
    } else {
      std::fprintf(stderr, "limpet: nothing was changed: %s", check.text.c_str());
    }
    return kErrorReply;
  }
  if (task.dry_run) {
    std::fputs(check.text.c_str(), stdout);
    return outcome;
  }
  const auto done = ask_cluster(*client, "RELOAD", task.all);
  if (!done) return complain(done.error());
  return show_reloaded(*done, task.all, files) ? outcome : kErrorReply;
}

}  // namespace limpet::client
