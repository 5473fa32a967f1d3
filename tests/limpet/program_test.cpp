// The program itself, against a server that answers what a test says: what it prints and how it ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "../net/fake_server.hpp"

namespace limpet::client {
namespace {

using net::testing::FakeServer;
using ::testing::HasSubstr;

struct Outcome {
  std::string text;  // standard output and standard error
  int exit = -1;
};

Outcome shell(const std::string& command) {
  Outcome outcome;
  std::FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return outcome;
  char buffer[4096];
  while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, pipe))
    outcome.text.append(buffer, count);
  const int status = pclose(pipe);
  outcome.exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

// {} stands for the program.
Outcome run(std::string command, const std::string& server = "127.0.0.1:1") {
  const std::string program = std::string(LIMPET_PROGRAM) + " -s " + server;
  command.replace(command.find("{}"), 2, program);
  return shell(command);
}

class Program : public ::testing::Test {
 protected:
  FakeServer server_{[](const resp::Args& args) -> std::optional<std::string> {
    if (args[0] == "GET") return "$2\r\nhi\r\n";
    if (args[0] == "ECHO")
      return "$" + std::to_string(args[1].size()) + "\r\n" + std::string(args[1]) + "\r\n";
    if (args[0] == "DIE") return std::nullopt;
    return "-ERR unknown command\r\n";
  }};
  Outcome with_server(const std::string& command) { return run(command, server_.address()); }
};

TEST_F(Program, PrintsTheReplyOfOneCommand) {
  const Outcome outcome = with_server("{} GET k");
  EXPECT_EQ(outcome.text, "hi\n");
  EXPECT_EQ(outcome.exit, 0);
  EXPECT_EQ(with_server("{} --pretty GET k").text, "\"hi\"\n");
}

TEST_F(Program, ErrorReplyIsExitCodeOne) {
  const Outcome outcome = with_server("{} NOPE");
  EXPECT_EQ(outcome.text, "ERR unknown command\n");
  EXPECT_EQ(outcome.exit, 1);
}

TEST_F(Program, PipedLinesAreAnsweredInOrder) {
  const Outcome outcome = with_server("printf 'ECHO a\\n\\nNOPE\\nECHO \"b c\"\\nECHO d' | {}");
  EXPECT_EQ(outcome.text, "a\nERR unknown command\nb c\nd\n");
  EXPECT_EQ(outcome.exit, 1);
}

TEST_F(Program, ManyPipedLinesAreAllAnswered) {
  std::string numbers;
  for (int i = 1; i <= 5000; ++i) numbers += std::to_string(i) + '\n';
  EXPECT_EQ(with_server("seq 1 5000 | sed 's/^/ECHO /' | {}").text, numbers);
}

TEST_F(Program, BadLineIsNamedAndTheOthersAreSent) {
  const Outcome outcome = with_server("printf 'ECHO a\\nECHO \"\\nECHO b\\n' | {}");
  EXPECT_EQ(outcome.text, "a\nlimpet: line 2: unbalanced quotes\nb\n");
  EXPECT_EQ(outcome.exit, 2);
}

TEST_F(Program, QuitEndsTheLines) {
  EXPECT_EQ(with_server("printf 'ECHO a\\nquit\\nECHO b\\n' | {}").text, "a\n");
}

TEST_F(Program, LostConnectionIsExitCodeThree) {
  const Outcome outcome = with_server("printf 'ECHO a\\nDIE\\nECHO b\\n' | {}");
  EXPECT_THAT(outcome.text, HasSubstr("a\n"));
  EXPECT_THAT(outcome.text, HasSubstr("may have been executed"));
  EXPECT_EQ(outcome.exit, 3);
}

TEST(ProgramAlone, NoServerIsExitCodeThree) {
  const Outcome outcome = run("{} PING");
  EXPECT_THAT(outcome.text, HasSubstr("cannot connect to 127.0.0.1:1"));
  EXPECT_EQ(outcome.exit, 3);
  EXPECT_EQ(run("{} -t 1 where k").exit, 3);
}

TEST(ProgramAlone, WrongUseIsExitCodeTwo) {
  EXPECT_EQ(run("{} --bogus").exit, 2);
  EXPECT_EQ(run("{} PING", "nonsense").exit, 2);
  EXPECT_EQ(run("{} cluster drain").exit, 2);
  const Outcome unasked = run("{} cluster claim n1");
  EXPECT_EQ(unasked.exit, 2);
  EXPECT_THAT(unasked.text, HasSubstr("--yes"));
}

TEST(ProgramAlone, BadFileIsExitCodeFour) {
  EXPECT_EQ(run("{} -a /nonexistent PING").exit, 4);
  EXPECT_EQ(run("{} plan /nonexistent /nonexistent").exit, 4);
  EXPECT_EQ(run("{} where k --config /nonexistent").exit, 4);
}

std::string write_cluster(const std::string& name, int epoch, int nodes) {
  const std::string path = ::testing::TempDir() + "limpet_program_test_" + std::to_string(getpid()) + name;
  std::ofstream file(path);
  file << "epoch = " << epoch << "\n[cluster]\nname = \"demo\"\n";
  for (int i = 1; i <= nodes; ++i) {
    file << "[[node]]\nname = \"n" << i << "\"\nclient = \"127.0.0.1:760" << i << "\"\npeer = \"127.0.0.1:770"
         << i << "\"\n";
  }
  return path;
}

TEST(ProgramAlone, PlanAndWhereWorkFromFiles) {
  const std::string three = write_cluster("three", 1, 3);
  const std::string four = write_cluster("four", 2, 4);
  const Outcome plan = run("{} plan " + three + " " + four);
  EXPECT_EQ(plan.exit, 0);
  EXPECT_THAT(plan.text, HasSubstr("of 16384 slots move"));
  EXPECT_THAT(run("{} plan " + three + " " + four + " --json").text, HasSubstr("\"moved_slots\":"));
  EXPECT_THAT(run("{} plan " + four + " " + three).text, HasSubstr("note: "));
  const Outcome where = run("{} where --config " + three + " 'cart:{u42}'");
  EXPECT_EQ(where.exit, 0);
  EXPECT_THAT(where.text, HasSubstr("uid:   u42\n"));
  std::remove(three.c_str());
  std::remove(four.c_str());
}

}  // namespace
}  // namespace limpet::client
