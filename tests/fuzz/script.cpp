#include "script.hpp"

#include <algorithm>
#include <limpet/base/number.hpp>
#include <limpet/resp/request.hpp>

namespace limpet::fuzz {

namespace {

using Kind = ScriptLine::Kind;

constexpr std::int64_t kValueBytesMax = 200'000;
constexpr std::int64_t kItemsMax = 1'000;
constexpr std::int64_t kPassMsMax = 1'000'000'000;

std::int64_t number_of(std::string_view text, std::int64_t max) {
  return std::clamp(parse_int64(text).value_or(0), std::int64_t{0}, max);
}

std::string expanded(std::string_view word) {
  if (word.size() < 2 || word.front() != '@') return std::string(word);
  const auto length = parse_int64(word.substr(1));
  if (!length || *length < 0 || *length > kValueBytesMax) return std::string(word);
  std::string value(static_cast<std::size_t>(*length), ' ');
  for (std::size_t i = 0; i < value.size(); ++i) value[i] = static_cast<char>('a' + i % 26);
  return value;
}

std::vector<std::string> filled(std::vector<std::string> command, const std::string& prefix,
                                std::int64_t items) {
  for (std::int64_t i = 0; i < std::max<std::int64_t>(items, 1); ++i) {
    command.push_back(prefix + std::to_string(i));
    command.push_back(std::to_string(i));
  }
  return command;
}

ScriptLine read_order(const std::vector<std::string_view>& words) {
  const std::string_view order = words[0];
  const std::string_view first = words.size() > 1 ? words[1] : std::string_view();
  const std::string_view second = words.size() > 2 ? words[2] : std::string_view();
  if (order == "!mset") {
    return {Kind::command, filled({"MSET"}, std::string(first), number_of(second, kItemsMax)), 0};
  }
  if (order == "!hset") {
    return {Kind::command, filled({"HSET", std::string(first)}, "f", number_of(second, kItemsMax)), 0};
  }
  if (order == "!client") return {Kind::client, {}, number_of(first, kScriptClients - 1)};
  if (order == "!pass") return {Kind::pass, {}, number_of(first, kPassMsMax)};
  if (order == "!pipeline") return {Kind::pipeline, {}, 0};
  if (order == "!check") return {Kind::check, {}, 0};
  if (order == "!end") return {Kind::end, {}, 0};
  if (order == "!reset") return {Kind::reset, {}, 0};
  if (order == "!bounded") return {Kind::bounded, {}, 0};
  return {};
}

}  // namespace

ScriptLine read_script_line(std::string_view line) {
  std::string storage;
  resp::Args words;
  if (!resp::split_words(line, storage, words) || words.empty()) return {};
  if (words[0].starts_with('!')) return read_order(words);
  ScriptLine read{Kind::command, {}, 0};
  for (const std::string_view word : words) read.words.push_back(expanded(word));
  return read;
}

}  // namespace limpet::fuzz
