#include "background.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limpet/base/encoding.hpp>

#include "exit_codes.hpp"
#include "signals.hpp"

namespace limpet::limpetd {
namespace {

void write_all(int fd, const std::string& text) {
  // What cannot be told is lost; the parent then says that the daemon ended without a word.
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t count = ::write(fd, text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    done += static_cast<std::size_t>(count);
  }
}

std::string read_all(int fd) {
  std::string text;
  char buffer[1024];
  for (;;) {
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(count));
  }
}

// The first byte is the exit code, the rest what to show.
[[noreturn]] void wait_and_exit(int fd) {
  unblock_signals();  // it may be ended while it waits; the daemon goes on
  const std::string told = read_all(fd);
  if (told.empty()) {
    std::fputs("limpetd: the daemon ended before it was ready; its log says why\n", stderr);
    std::_Exit(kExitOther);
  }
  if (told.size() > 1) std::fprintf(stderr, "limpetd: %s\n", escaped(told.substr(1)).c_str());
  std::_Exit(told[0]);
}

tl::unexpected<Error> refused(const char* what) {
  return fail(Code::io, std::string("cannot go to the background: ") + what + ": " + std::strerror(errno));
}

void let_go_of_terminal() {
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nothing < 0) return;
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nothing, fd);
  ::close(nothing);
}

}  // namespace

void Starter::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void Starter::tell_ready() {
  if (fd_ < 0) return;
  let_go_of_terminal();
  write_all(fd_, std::string(1, static_cast<char>(kExitOk)));
  close();
}

void Starter::tell_failed(int exit_code, const std::string& text) {
  if (fd_ < 0) return;
  write_all(fd_, std::string(1, static_cast<char>(exit_code)) + text);
  close();
}

Result<Starter> go_to_background() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return refused("pipe");
  const pid_t child = ::fork();
  if (child < 0) return refused("fork");
  if (child > 0) {
    ::close(ends[1]);
    int status = 0;
    ::waitpid(child, &status, 0);  // the first child ends at once
    wait_and_exit(ends[0]);
  }
  ::close(ends[0]);
  Starter starter(ends[1]);
  ::setsid();
  // A second fork: not being a session's leader, the daemon can never get a terminal again.
  const pid_t daemon = ::fork();
  if (daemon < 0) {
    starter.tell_failed(kExitOther, refused("fork").value().text);
    std::_Exit(kExitOther);
  }
  if (daemon > 0) std::_Exit(kExitOk);
  return starter;
}

}  // namespace limpet::limpetd
