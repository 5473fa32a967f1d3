#include "conversation.hpp"

#include <algorithm>
#include <limpet/base/limits.hpp>
#include <limpet/base/text.hpp>
#include <limpet/resp/value.hpp>

#include "fuzz.hpp"

namespace limpet::fuzz {

namespace {

using resp::Value;
using Type = Value::Type;

bool is_command(const Said& said, std::string_view name) {
  return said.spec != nullptr && said.spec->name == name;
}

bool is_resp2(const Value& value) {
  constexpr Type kOld[] = {Type::simple, Type::error, Type::integer, Type::bulk, Type::null, Type::array};
  return std::find(std::begin(kOld), std::end(kOld), value.type) != std::end(kOld) &&
         std::all_of(value.elements.begin(), value.elements.end(), is_resp2);
}

// "ERR what": a class in capitals, and a text that is safe to print.
void check_error(std::string_view text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  FUZZ_CHECK(end > 0 && text.size() <= kErrorTextMax);
  for (const char c : text.substr(0, end)) FUZZ_CHECK(c >= 'A' && c <= 'Z');
  for (const char c : text) FUZZ_CHECK(static_cast<unsigned char>(c) >= ' ' && c != 0x7f);
}

}  // namespace

std::vector<std::string> split_replies(std::string_view received) {
  std::vector<std::string> replies;
  while (!received.empty()) {
    const Exact copy(received);
    const auto length = resp::value_length(copy.view());
    FUZZ_CHECK(length && *length);
    replies.emplace_back(received.substr(0, **length));
    received.remove_prefix(**length);
  }
  return replies;
}

void Conversation::say(std::vector<std::string> words) {
  if (!said_.empty() && is_command(said_.back(), "quit")) return;
  Said said{command::find(words[0]), std::move(words), true};
  said.answered = is_answered(said);
  said_.push_back(std::move(said));
}

std::string Conversation::bytes() const {
  std::string bytes;
  for (const Said& said : said_) bytes += array_of(said.words);
  return bytes;
}

bool Conversation::is_answered(const Said& said) {
  const std::vector<std::string>& words = said.words;
  if (is_command(said, "reset") && words.size() == 1) {
    mode_ = Mode::on;
    return true;
  }
  if (is_command(said, "client") && words.size() == 3 && equals_ignore_case(words[1], "reply")) {
    if (equals_ignore_case(words[2], "on")) {
      mode_ = Mode::on;
      return true;
    }
    if (equals_ignore_case(words[2], "off")) {
      mode_ = Mode::off;
      return false;
    }
    if (equals_ignore_case(words[2], "skip")) {
      if (mode_ == Mode::on) mode_ = Mode::skip;
      return false;
    }
  }
  const bool answered = mode_ == Mode::on;
  if (mode_ == Mode::skip) mode_ = Mode::on;
  return answered;
}

std::size_t Conversation::expected() const {
  return static_cast<std::size_t>(
      std::count_if(said_.begin(), said_.end(), [](const Said& said) { return said.answered; }));
}

std::vector<std::string> Conversation::check(std::string_view received, bool ended) {
  const std::vector<std::string> replies = split_replies(received);
  FUZZ_CHECK(replies.size() == expected() || (ended && replies.size() < expected()));
  std::size_t next = 0;
  for (const Said& said : said_) {
    if (!said.answered) {
      if (is_command(said, "hello")) version_ = 0;
    } else if (next < replies.size()) {
      check_reply(said, replies[next++]);
    }
  }
  return replies;
}

void Conversation::check_reply(const Said& said, const std::string& reply) {
  const auto value = resp::read_value(reply);
  FUZZ_CHECK(value.has_value());
  if (value->type == Type::error) check_error(value->text);
  if (is_command(said, "reset") && value->type != Type::error) version_ = 2;
  if (is_command(said, "hello") && value->type != Type::error) version_ = value->type == Type::map ? 3 : 2;
  if (version_ == 2) FUZZ_CHECK(is_resp2(*value) && reply.front() != '_');
}

}  // namespace limpet::fuzz
