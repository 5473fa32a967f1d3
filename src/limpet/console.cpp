// Commands from a person: a prompt with history and completion.
#include <editline/readline.h>
#include <sys/stat.h>

#include <array>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limpet/base/encoding.hpp>
#include <limpet/resp/request.hpp>
#include <memory>
#include <utility>

#include "cluster_text.hpp"
#include "commands.hpp"
#include "docs.hpp"
#include "exit_codes.hpp"
#include "run.hpp"
#include "session.hpp"

namespace limpet::client {

namespace {

using resp::Value;

constexpr int kHistoryLines = 1000;

// libedit asks for completions through plain functions, so what they answer from stands here.
struct Completion {
  const Docs* docs = nullptr;
  std::vector<std::string> candidates;
  std::size_t next = 0;
};
Completion completion;

char* next_candidate(const char*, int state) {
  if (state == 0) completion.next = 0;
  if (completion.next == completion.candidates.size()) return nullptr;
  return strdup(completion.candidates[completion.next++].c_str());
}

// Offers words; where none fits, shows the arguments of the command instead.
char** complete(const char* word, int start, int) {
  rl_attempted_completion_over = 1;
  const std::string line = std::string(rl_line_buffer, static_cast<std::size_t>(start)) + word;
  completion.candidates = completion.docs->completions(line);
  if (!completion.candidates.empty()) return rl_completion_matches(word, next_candidate);
  if (const std::string hint = completion.docs->hint(line); !hint.empty()) {
    std::printf("\n%s\n", hint.c_str());
    rl_forced_update_display();
  }
  return nullptr;
}

class Console {
 public:
  Console(const Options& options, net::LineClient client)
      : client_(std::move(client)), server_(options.server), look_(options.look.value_or(Look::pretty)) {}

  int run();

 private:
  void load_history();
  void save_history() const;
  bool ensure_connected();
  void load_docs();
  void execute();
  void show(const Value& reply) const;
  void explain() const;

  net::LineClient client_;
  std::string server_;
  Look look_;
  Docs docs_;
  std::string history_file_;
  std::string words_storage_;
  resp::Args words_;
};

void Console::load_history() {
  using_history();
  stifle_history(kHistoryLines);
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
    history_file_ = std::string(home) + "/.limpet_history";
    read_history(history_file_.c_str());
  }
}

// Values may stand in it, so it is for its owner alone.
void Console::save_history() const {
  if (history_file_.empty()) return;
  const mode_t before = umask(0077);
  write_history(history_file_.c_str());
  umask(before);
}

void Console::load_docs() {
  constexpr std::array<std::string_view, 2> kCommand = {"COMMAND", "DOCS"};
  if (const auto reply = client_.ask(kCommand)) docs_ = Docs(*reply);
}

// A connection that the server ended meanwhile is made anew, before anything is sent: so no command is sent
// twice.
bool Console::ensure_connected() {
  if (client_.alive()) return true;
  if (const auto connected = client_.connect(); !connected) {
    std::fprintf(stderr, "%s\n", escaped(connected.error().text).c_str());
    return false;
  }
  load_docs();
  return client_.connected();
}

void Console::explain() const {
  std::puts(
      "Type a command and its words, with \"quotes\" where a word holds spaces. Tab completes names and "
      "shows\n"
      "arguments; the arrow keys go through the history. quit leaves, clear empties the screen.");
  if (!client_.connected())
    std::puts("Once connected, help lists the server's commands, and help NAME explains one.");
}

void Console::show(const Value& reply) const {
  const bool error = reply.type == Value::Type::error;
  if (!error && begins_with(words_, "CLUSTER", "STATUS")) {
    if (const auto text = status_text(reply)) {
      std::fputs(text->c_str(), stdout);
      return;
    }
  }
  const std::string text = print(reply, !error && answers_with_text(words_) ? Look::raw : look_);
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void Console::execute() {
  if (words_.size() == 1 && begins_with(words_, "clear")) {
    std::fputs("\033[H\033[2J", stdout);
    return;
  }
  if (hides_replies(words_)) {
    std::puts("CLIENT REPLY OFF and SKIP leave nothing to show, so they are not sent.");
    return;
  }
  const bool connected = ensure_connected();
  if (words_.size() == 1 && begins_with(words_, "help")) explain();
  if (!connected) return;
  const auto reply = client_.ask(words_);
  if (reply) {
    show(*reply);
  } else {
    std::fprintf(stderr, "%s; the command may have been executed\n", escaped(reply.error().text).c_str());
  }
}

int Console::run() {
  std::setlocale(LC_CTYPE, "");
  load_history();
  completion.docs = &docs_;
  rl_attempted_completion_function = complete;
  static char word_breaks[] = " \t";
  rl_completer_word_break_characters = word_breaks;
  ensure_connected();
  while (true) {
    const std::string prompt = (client_.connected() ? server_ : "not connected") + "> ";
    const std::unique_ptr<char, void (*)(void*)> line(readline(prompt.c_str()), std::free);
    if (!line) break;
    const bool balanced = resp::split_words(line.get(), words_storage_, words_);
    if (balanced && words_.empty()) continue;
    if (!balanced || !holds_secret(words_)) add_history(line.get());
    if (balanced && says_goodbye(words_)) break;
    if (balanced) {
      execute();
    } else {
      std::puts("The quotes are not balanced.");
    }
    std::fflush(stdout);
  }
  completion.docs = nullptr;
  save_history();
  return kDone;
}

}  // namespace

int run_console(const Options& options) {
  auto client = make_client(options);
  if (!client) return complain(client.error());
  return Console(options, std::move(*client)).run();
}

}  // namespace limpet::client
