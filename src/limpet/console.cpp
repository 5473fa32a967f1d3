// Commands from a person: a prompt with history and completion.
#include <editline/readline.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limpet/base/encoding.hpp>
#include <limpet/resp/request.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "commands.hpp"
#include "docs.hpp"
#include "exit_codes.hpp"
#include "interrupt.hpp"
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

// The line that is being typed. Its characters are read one by one, between two looks whether somebody has
// pressed Ctrl-C: that drops the line, and neither the prompt nor the history.
struct Typing {
  bool done = false;
  std::optional<std::string> line;  // nothing: the end
};
Typing typing;

void take_typed(char* line) {
  typing.done = true;
  if (line == nullptr) return;
  typing.line = line;
  std::free(line);
}

std::optional<std::string> read_typed(const std::string& prompt) {
  const CatchInterrupts catches;
  // An interrupt comes while ppoll() waits, and at no other time: none is overlooked.
  sigset_t interrupt;
  sigset_t before;
  sigemptyset(&interrupt);
  sigaddset(&interrupt, SIGINT);
  sigprocmask(SIG_BLOCK, &interrupt, &before);
  typing = {};
  rl_callback_handler_install(prompt.c_str(), take_typed);
  while (!typing.done) {
    pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    const int ready = ppoll(&input, 1, nullptr, &before);
    if (ready < 0 && errno != EINTR) break;
    if (take_interrupt()) {
      rl_callback_handler_remove();
      std::puts("^C");
      rl_callback_handler_install(prompt.c_str(), take_typed);
    } else if (ready > 0 && (input.revents & POLLIN) != 0) {
      rl_callback_read_char();
    } else if (ready > 0) {
      break;  // the terminal is gone
    }
  }
  rl_callback_handler_remove();
  sigprocmask(SIG_SETMASK, &before, nullptr);
  return typing.line;
}

class Console {
 public:
  Console(Options options, net::LineClient client)
      : client_(std::move(client)),
        options_(std::move(options)),
        look_(options_.look.value_or(Look::pretty)) {}

  int run();

 private:
  void load_history();
  void save_history() const;
  bool ensure_connected();
  void load_docs();
  bool use_tool();
  void execute();
  void show(const Value& reply) const;
  void explain() const;

  net::LineClient client_;
  Options options_;
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
      "arguments; the arrow keys go through the history. Ctrl-C drops a line, quit leaves, clear empties "
      "the\n"
      "screen. limpet's own tools work here, too: where KEY, follow, cluster status, plan OLD NEW ...");
  if (!client_.connected())
    std::puts("Once connected, help lists the server's commands, and help NAME explains one.");
}

void Console::show(const Value& reply) const {
  const bool error = reply.type == Value::Type::error;
  const std::string text = print(reply, !error && answers_with_text(words_) ? Look::raw : look_);
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
  if (error && reply.text.starts_with("NOAUTH")) {
    std::puts(
        "Type AUTH PASSWORD, or start limpet with --password-file FILE (-a), or with the password in "
        "LIMPET_PASSWORD.");
  }
}

// One of limpet's own, as on its command line. False: it is none.
bool Console::use_tool() {
  std::vector<std::string> words(words_.begin(), words_.end());
  if (words.size() == 1 && begins_with(words_, "follow")) words = {"cluster", "follow"};
  const ParsedOptions parsed = parse_task(options_, words);
  if (!parsed.options) {
    std::fputs(escaped_lines(parsed.text).c_str(), stdout);
    return true;
  }
  if (std::holds_alternative<CommandTask>(parsed.options->task)) return false;
  std::fflush(stdout);
  const CatchInterrupts catches;
  client::run(*parsed.options);
  return true;
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
  if (use_tool()) return;
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
    const std::string prompt = (client_.connected() ? options_.server : "not connected") + "> ";
    const std::optional<std::string> line = read_typed(prompt);
    if (!line) break;
    const bool balanced = resp::split_words(*line, words_storage_, words_);
    if (balanced && words_.empty()) continue;
    if (!balanced || !holds_secret(words_)) {
      add_history(line->c_str());
      // Before it is carried out: whatever ends the process then, the line is there the next time.
      save_history();
    }
    if (balanced && says_goodbye(words_)) break;
    if (balanced) {
      execute();
    } else {
      std::puts("The quotes are not balanced.");
    }
    std::fflush(stdout);
  }
  completion.docs = nullptr;
  return kDone;
}

}  // namespace

int run_console(const Options& options) {
  auto client = make_client(options);
  if (!client) return complain(client.error());
  return Console(options, std::move(*client)).run();
}

}  // namespace limpet::client
