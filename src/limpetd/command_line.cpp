#include "command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <limpet/base/text.hpp>

namespace limpet::limpetd {
namespace {

struct Choice {
  const char* flag;
  Action action;
};
constexpr std::array kChoices = {Choice{"--check-config", Action::check_config},
                                 Choice{"--print-config", Action::print_config},
                                 Choice{"--version", Action::version}, Choice{"--help", Action::help}};

void add_settings(CLI::App& app, std::array<CLI::Option*, kRowCount>& options) {
  for (std::size_t i = 0; i < kRowCount; ++i) {
    if (kRows[i].from == From::environment) continue;
    // The last one counts, so that a script can append to a line that it was given.
    options[i] = app.add_option(flag_of(kRows[i]))->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    if (kRows[i].kind == Kind::yes_no) options[i]->expected(0, 1);
  }
}

// "--data-dir=" and "--data-dir ''": what was meant to stand there has not arrived, and the next argument is
// not it.
Result<void> refuse_empty(const CLI::App& app, const std::vector<std::string>& arguments) {
  const auto is_option = [&](const std::string& word) { return app.get_option_no_throw(word) != nullptr; };
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string word = arguments[i];
    const bool alone = is_option(word);
    const bool empty = alone ? i + 1 < arguments.size() && arguments[i + 1].empty()
                             : word.ends_with('=') && is_option(word.substr(0, word.size() - 1));
    if (!empty) continue;
    if (!alone) word.pop_back();
    return fail(Code::bad_config, word + " is empty; give it a value, or leave it out");
  }
  return {};
}

Result<void> refuse_unknown(const CLI::App& app) {
  const std::vector<std::string> left = app.remaining();
  if (left.empty()) return {};
  const std::string word = left.front().substr(0, left.front().find('='));
  std::vector<std::string> known;
  for (const Row& row : kRows) known.push_back(flag_of(row));
  for (const Choice& choice : kChoices) known.emplace_back(choice.flag);
  const std::string near = nearest(word, known);
  if (word == "--password" || word == "--secret") {
    return fail(Code::bad_config,
                word + " is no flag: others would see it in the list of processes; use " + word + "-file");
  }
  return fail(Code::bad_config,
              "unknown argument '" + printable(word) + "'" +
                  (near.empty() ? "; limpetd --help lists them" : "; did you mean " + near + "?"));
}

}  // namespace

Result<CommandLine> parse_command_line(std::vector<std::string> arguments) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  std::array<CLI::Option*, kRowCount> options{};
  add_settings(app, options);
  std::array<CLI::Option*, kChoices.size()> choices{};
  for (std::size_t i = 0; i < kChoices.size(); ++i) choices[i] = app.add_flag(kChoices[i].flag);
  if (auto done = refuse_empty(app, arguments); !done) return tl::unexpected(done.error());
  try {
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    return fail(Code::bad_config, error.what());
  }
  if (auto done = refuse_unknown(app); !done) return tl::unexpected(done.error());

  CommandLine line;
  for (std::size_t i = 0; i < kRowCount; ++i) {
    if (options[i] == nullptr || options[i]->count() == 0) continue;
    const std::string text = options[i]->results().empty() ? "" : options[i]->results().back();
    const bool bare = kRows[i].kind == Kind::yes_no && text.empty();
    line.flags[i] = bare ? "yes" : text;
  }
  for (std::size_t i = 0; i < kChoices.size(); ++i) {
    if (choices[i]->count() > 0) line.action = kChoices[i].action;
  }
  return line;
}

}  // namespace limpet::limpetd
