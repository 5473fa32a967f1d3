#include "syntax.hpp"

#include <algorithm>
#include <iterator>
#include <limpet/base/text.hpp>
#include <utility>

namespace limpet::command {

namespace {

using Arguments = std::vector<Argument>;

bool is_token(std::string_view word) {
  return std::none_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

std::string_view type_of(std::string_view name) {
  constexpr std::string_view kIntegers[] = {"seconds", "milliseconds", "increment", "decrement", "cursor",
                                            "count",   "slot",         "client-id", "protover",  "index"};
  if (name == "key" || name == "pattern") return name;
  if (name.starts_with("unix-time")) return "unix-time";
  return std::find(std::begin(kIntegers), std::end(kIntegers), name) != std::end(kIntegers) ? "integer"
                                                                                            : "string";
}

// One argument out of several: they belong together ("block") or exclude each other ("oneof").
Argument join(Arguments parts, std::string_view type) {
  if (parts.size() == 1) return std::move(parts.front());
  Argument whole;
  whole.type = type;
  for (const Argument& part : parts) whole.name += (whole.name.empty() ? "" : "_") + part.name;
  whole.arguments = std::move(parts);
  return whole;
}

class SyntaxReader {
 public:
  explicit SyntaxReader(std::string_view text) : rest_(text) {}

  // x|y|z, up to a closing bracket or the end. Alternatives hold less tightly than what stands side by side.
  Arguments alternatives() {
    Arguments first = sequence();
    if (!rest_.starts_with('|')) return first;
    Arguments choices;
    choices.push_back(join(std::move(first), "block"));
    while (rest_.starts_with('|')) {
      rest_.remove_prefix(1);
      choices.push_back(join(sequence(), "block"));
    }
    Arguments one;
    one.push_back(join(std::move(choices), "oneof"));
    return one;
  }

 private:
  Arguments sequence() {
    Arguments result;
    for (skip_spaces(); !at_end(); skip_spaces()) {
      if (rest_.starts_with('[')) {
        bracket(result);
      } else {
        result.push_back(word_or_token());
      }
    }
    return result;
  }

  // [x] may be left out; [x ...] says that the x before it may come again.
  void bracket(Arguments& before) {
    const std::string_view inside = rest_.substr(1, rest_.find(']') - 1);
    if (inside.ends_with(" ...") && inside.find('[') == std::string_view::npos) {
      const auto words = static_cast<std::size_t>(std::count(inside.begin(), inside.end(), ' '));
      repeat_last(before, words);
      rest_.remove_prefix(inside.size() + 2);
      return;
    }
    rest_.remove_prefix(1);
    Argument argument = join(alternatives(), "block");
    argument.optional = true;
    before.push_back(std::move(argument));
    rest_.remove_prefix(std::min<std::size_t>(1, rest_.size()));  // the closing bracket
  }

  static void repeat_last(Arguments& arguments, std::size_t count) {
    const auto from = arguments.end() - static_cast<std::ptrdiff_t>(std::min(count, arguments.size()));
    Arguments group(std::make_move_iterator(from), std::make_move_iterator(arguments.end()));
    arguments.erase(from, arguments.end());
    Argument whole = join(std::move(group), "block");
    whole.multiple = true;
    arguments.push_back(std::move(whole));
  }

  Argument word_or_token() {
    const std::string_view word = take_word();
    if (!is_token(word)) return value(word);
    Arguments values;
    for (skip_spaces(); !at_end() && !rest_.starts_with('[') && !is_token(peek_word()); skip_spaces()) {
      values.push_back(value(take_word()));
    }
    if (values.empty()) return {to_lower(word), "pure-token", word, false, false, {}};
    Argument argument = join(std::move(values), "block");
    argument.token = word;
    return argument;
  }

  static Argument value(std::string_view word) {
    return {std::string(word), type_of(word), {}, false, false, {}};
  }

  [[nodiscard]] std::string_view peek_word() const { return rest_.substr(0, rest_.find_first_of(" []|")); }
  std::string_view take_word() {
    const std::string_view word = peek_word();
    rest_.remove_prefix(word.size());
    return word;
  }
  void skip_spaces() { rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size())); }
  [[nodiscard]] bool at_end() const {
    return rest_.empty() || rest_.starts_with(']') || rest_.starts_with('|');
  }

  std::string_view rest_;
};

}  // namespace

std::vector<Argument> parse_syntax(std::string_view syntax) { return SyntaxReader(syntax).alternatives(); }

}  // namespace limpet::command
