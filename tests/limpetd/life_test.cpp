// The parts of a daemon's life that need no node: log, pid file, supervisor, limits.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <functional>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "a_folder.hpp"
#include "descriptors.hpp"
#include "logging.hpp"
#include "pid_file.hpp"
#include "supervisor.hpp"

namespace limpet::limpetd {
namespace {

using ::testing::HasSubstr;

// ---- Log
// ---------------------------------------------------------------------------------------------------

class LogTest : public FolderTest {
 protected:
  void open(bool json, const std::string& level = "info") {
    auto log = Log::open({.level = level, .file = path("log"), .json = json});
    ASSERT_TRUE(log) << log.error().text;
    log_ = std::move(*log);
  }
  // All lines, once everything that was logged is written.
  std::vector<std::string> closed() {
    log_.reset();
    std::vector<std::string> lines;
    std::istringstream text(read(path("log")));
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
  }

  std::unique_ptr<Log> log_;
};

TEST_F(LogTest, TextIsTimeLevelAndMessage) {
  open(false);
  spdlog::info("ready: {}", 5);
  spdlog::warn("careful");
  const auto lines = closed();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_TRUE(
      std::regex_match(lines[0], std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info ready: 5)")));
  EXPECT_THAT(lines[1], HasSubstr("Z warning careful"));
}

TEST_F(LogTest, JsonIsOneObjectForEachLine) {
  open(true);
  spdlog::error("a \"quoted\" line\nand \xff another");
  const auto lines = closed();
  ASSERT_EQ(lines.size(), 1u);
  const auto line = nlohmann::json::parse(lines[0]);
  EXPECT_EQ(line["level"], "error");
  EXPECT_EQ(line["message"], "a \"quoted\" line\nand \uFFFD another");
}

TEST_F(LogTest, AMessageCannotForgeALine) {
  open(false);
  spdlog::info("one\n2026-01-01T00:00:00.000Z error two\r\x1b[2J");
  EXPECT_EQ(closed().size(), 1u);
}

TEST_F(LogTest, LowerLevelsAreLeftOut) {
  open(false, "warning");
  spdlog::info("left out");
  log_->set_level("debug");
  spdlog::debug("kept");
  const auto lines = closed();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_THAT(lines[0], HasSubstr("debug kept"));
}

TEST_F(LogTest, AFileThatWasMovedAwayIsOpenedAnew) {
  open(false);
  std::filesystem::rename(path("log"), path("log.1"));
  ASSERT_TRUE(log_->reopen());
  spdlog::info("after");
  const auto lines = closed();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_THAT(lines[0], HasSubstr("after"));
}

// A pipe that is full, and that nobody reads.
class FullPipe {
 public:
  FullPipe() {
    EXPECT_EQ(::pipe(ends_), 0);
    ::fcntl(ends_[1], F_SETFL, O_NONBLOCK);
    const std::string block(4096, 'x');
    while (::write(ends_[1], block.data(), block.size()) > 0) {
    }
    ::fcntl(ends_[1], F_SETFL, 0);
    error_ = ::dup(STDERR_FILENO);
    ::dup2(ends_[1], STDERR_FILENO);
  }
  ~FullPipe() {
    ::dup2(error_, STDERR_FILENO);
    for (const int fd : {error_, ends_[0], ends_[1]}) ::close(fd);
  }

 private:
  int ends_[2] = {};
  int error_ = -1;
};

// In a process of its own, as a thread is left behind that waits for the pipe.
int exit_code_of(const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(20);
    std::_Exit(work());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST_F(LogTest, ALogThatNobodyReadsKeepsNobodyFromEnding) {
  EXPECT_EQ(exit_code_of([] {
              const FullPipe pipe;
              auto log = Log::open({.level = "info", .file = "", .json = false});
              spdlog::info("stuck");
              (*log)->write_now("the last words");
              // While the pipe is there: the thread that waits for it would get a signal from its end.
              std::_Exit((*log)->close() ? 1 : 7);
              return 0;
            }),
            7);
}

TEST_F(LogTest, AClosedLogHasWrittenItsLines) {
  open(false);
  spdlog::info("one");
  EXPECT_TRUE(log_->close());
  EXPECT_EQ(closed().size(), 1U);
}

TEST_F(LogTest, AFifoThatNobodyReadsIsAnError) {
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  const auto log = Log::open({.level = "info", .file = path("fifo"), .json = false});
  ASSERT_FALSE(log);
  EXPECT_THAT(log.error().text, HasSubstr("--log-file"));
}

// Many times, since it takes a line that is being written at the very moment.
TEST_F(LogTest, ClosingItWhileItsLastLinesAreWrittenLosesNone) {
  constexpr int kTimes = 3'000;
  for (int time = 0; time < kTimes; ++time) {
    open(false);
    spdlog::info("one");
    spdlog::info("two");
    log_.reset();
  }
  EXPECT_EQ(closed().size(), 2U * kTimes);
}

TEST_F(LogTest, AFileThatCannotBeOpenedNamesTheSetting) {
  const auto log = Log::open({.level = "info", .file = path("no/such/log"), .json = false});
  ASSERT_FALSE(log);
  EXPECT_THAT(log.error().text, HasSubstr("--log-file"));
}

// ---- Pid file
// ----------------------------------------------------------------------------------------------

class PidFileTest : public FolderTest {
 protected:
  std::string pid_ = path("limpetd.pid");
};

TEST_F(PidFileTest, HoldsTheProcessIdAndGoesWithIt) {
  auto file = PidFile::write(pid_);
  ASSERT_TRUE(file) << file.error().text;
  EXPECT_EQ(read(pid_), std::to_string(::getpid()) + "\n");
  file->reset();
  EXPECT_FALSE(std::filesystem::exists(pid_));
}

TEST_F(PidFileTest, ASecondProcessIsKeptOut) {
  auto file = PidFile::write(pid_);
  EXPECT_THAT(PidFile::check(pid_).error().text,
              HasSubstr("already runs as process " + std::to_string(::getpid())));
  EXPECT_FALSE(PidFile::write(pid_));
  EXPECT_TRUE(std::filesystem::exists(pid_)) << "who is refused leaves the file alone";
}

TEST_F(PidFileTest, AProcessOfThisProgramIsKnownWithoutALock) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  write("limpetd.pid", std::to_string(child) + "\n");
  EXPECT_FALSE(PidFile::check(pid_));
  ::kill(child, SIGKILL);
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT);
  EXPECT_TRUE(PidFile::check(pid_)) << "dead, though its parent has not asked for it yet";
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(PidFile::check(pid_)) << "left behind by a crash";
}

TEST_F(PidFileTest, AnotherProgramWithThatIdIsACoincidence) {
  write("limpetd.pid", "1\n");
  EXPECT_TRUE(PidFile::check(pid_));
  write("limpetd.pid", "what is this?");
  EXPECT_TRUE(PidFile::check(pid_));
  EXPECT_TRUE(PidFile::check(path("none")));
}

TEST_F(PidFileTest, AFileThatSomebodyReplacedIsNotRemoved) {
  auto file = PidFile::write(pid_);
  std::filesystem::remove(pid_);
  write("limpetd.pid", "another\n");
  file->reset();
  EXPECT_EQ(read(pid_), "another\n");
}

// ---- Supervisor, limits
// ------------------------------------------------------------------------------------

class SupervisorTest : public FolderTest {};

TEST_F(SupervisorTest, IsToldThatTheNodeIsReady) {
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  const std::string name = path("notify");
  name.copy(at.sun_path, sizeof at.sun_path - 1);
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
  ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  tell_supervisor(ready_state());
  ::unsetenv("NOTIFY_SOCKET");
  tell_supervisor("nobody hears this");
  char text[256];
  const ssize_t count = ::recv(socket, text, sizeof text, MSG_DONTWAIT);
  ::close(socket);
  ASSERT_GT(count, 0);
  EXPECT_EQ(std::string(text, static_cast<std::size_t>(count)),
            "READY=1\nMAINPID=" + std::to_string(::getpid()));
}

TEST(DescriptorsTest, ThereIsRoomForClientsAndTheReserve) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  if (::geteuid() != 0 && before.rlim_max < 1'000) GTEST_SKIP() << "the hard limit leaves nothing to raise";
  const rlimit small{std::min<rlim_t>(200, before.rlim_max), before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &small), 0);
  const ClientRoom room = make_room_for(500);
  rlimit after{};
  ::getrlimit(RLIMIT_NOFILE, &after);
  EXPECT_EQ(room.max_clients, 500u) << room.warning;
  EXPECT_GE(after.rlim_cur, 500 + kReservedDescriptors);
  ::setrlimit(RLIMIT_NOFILE, &before);
}

}  // namespace
}  // namespace limpet::limpetd
