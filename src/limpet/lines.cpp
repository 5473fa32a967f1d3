// Commands from a pipe or a file: one a line, sent in a pipeline, replies printed in their order.
#include <unistd.h>

#include <cstdio>
#include <deque>
#include <limpet/base/limits.hpp>
#include <limpet/resp/request.hpp>
#include <utility>

#include "commands.hpp"
#include "exit_codes.hpp"
#include "input_lines.hpp"
#include "run.hpp"
#include "session.hpp"

namespace limpet::client {

namespace {

// So many commands are under way at most; when that is reached, half of their replies are read.
constexpr std::size_t kWindow = 1024;
constexpr std::size_t kQueuedBytesMax = 64_KiB;

class Lines {
 public:
  Lines(net::LineClient client, Look look) : client_(std::move(client)), look_(look) {}

  int run();

 private:
  using Got = InputLines::Got;

  bool take(std::string_view line);
  void refuse_line(const char* why);
  bool drain(std::size_t down_to);
  void show(const resp::Value& reply, Look look);

  net::LineClient client_;
  Look look_;
  InputLines input_{STDIN_FILENO, kRequestBytesMax};
  std::deque<Look> unanswered_;
  std::size_t line_ = 0;
  int exit_ = kDone;
  bool told_hint_ = false;
  std::string words_storage_;
  resp::Args words_;
};

void Lines::show(const resp::Value& reply, Look look) {
  const bool error = reply.type == resp::Value::Type::error;
  if (error && exit_ == kDone) exit_ = kErrorReply;
  const std::string text = print(reply, error ? look_ : look);
  std::fwrite(text.data(), 1, text.size(), stdout);
  // Once: all lines would say the same.
  if (error && reply.text.starts_with("NOAUTH") && !std::exchange(told_hint_, true)) show_hint(reply.text);
}

// Sends what is queued and reads replies until `down_to` are left.
bool Lines::drain(std::size_t down_to) {
  if (auto sent = client_.flush(); !sent) {
    exit_ = complain(sent.error());
    return false;
  }
  for (; unanswered_.size() > down_to; unanswered_.pop_front()) {
    const auto reply = client_.receive();
    if (!reply) {
      std::fflush(stdout);
      exit_ = complain(reply.error());
      std::fprintf(
          stderr,
          "limpet: %zu commands, the last of them on line %zu, got no reply; they may have been executed\n",
          unanswered_.size(), line_);
      return false;
    }
    show(*reply, unanswered_.front());
  }
  return true;
}

void Lines::refuse_line(const char* why) {
  std::fflush(stdout);
  std::fprintf(stderr, "limpet: line %zu: %s\n", line_, why);
  exit_ = kUsage;
}

// False: no further line is wanted.
bool Lines::take(std::string_view line) {
  ++line_;
  const bool balanced = resp::split_words(line, words_storage_, words_);
  if (!balanced || hides_replies(words_)) {
    if (!drain(0)) return false;
    refuse_line(balanced ? "CLIENT REPLY OFF and SKIP leave nothing to show" : "unbalanced quotes");
    return true;
  }
  if (words_.empty()) return true;
  if (says_goodbye(words_)) return false;
  client_.queue(words_);
  unanswered_.push_back(answers_with_text(words_) ? Look::raw : look_);
  if (unanswered_.size() >= kWindow) return drain(kWindow / 2);
  return client_.queued_bytes() < kQueuedBytesMax || drain(unanswered_.size() / 2);
}

int Lines::run() {
  std::string_view line;
  Got got = Got::line;
  while (true) {
    got = input_.next(line, false);
    if (got == Got::nothing_yet) {
      // Whoever writes slowly wants to see each reply before the next line.
      if (!drain(0)) return exit_;
      std::fflush(stdout);
      got = input_.next(line, true);
    }
    if (got != Got::line || !take(line)) break;
  }
  if (client_.connected()) drain(0);
  if (got == Got::too_long) refuse_line("too long, or not readable");
  return exit_;
}

}  // namespace

int run_lines(const Options& options) {
  auto client = open_client(options);
  if (!client) return complain(client.error());
  const Look look = options.look.value_or(isatty(STDOUT_FILENO) != 0 ? Look::pretty : Look::raw);
  return Lines(std::move(*client), look).run();
}

}  // namespace limpet::client
