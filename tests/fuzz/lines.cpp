// Lines of text: the words of a line are those that redis-cli would make of it, however the line comes in,
// and words in quotes are read as what was quoted. The input is one line.
#include <algorithm>
#include <limpet/base/limits.hpp>
#include <limpet/base/text.hpp>
#include <optional>

#include "feeder.hpp"

namespace limpet::fuzz {
namespace {

using Words = std::vector<std::string>;

constexpr resp::RequestLimits kClient{kRequestArgsMax, kBulkBytesMax, kRequestBytesMax, true};

// ---- A second reader of lines, written down for being plain, not fast ----

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = to_lower(c);
  if (lower >= 'a' && lower <= 'f') return lower - 'a' + 10;
  return std::nullopt;
}

class PlainReader {
 public:
  explicit PlainReader(std::string_view line) : line_(line) {}

  // Nothing if quotes are not balanced.
  std::optional<Words> words() {
    while (true) {
      while (at_ < line_.size() && is_blank(line_[at_])) ++at_;
      if (at_ == line_.size()) return words_;
      words_.emplace_back();
      if (!word()) return std::nullopt;
    }
  }

 private:
  bool word() {
    for (; at_ < line_.size(); ++at_) {
      const char c = line_[at_];
      if (c == ' ' || c == '\n' || c == '\r' || c == '\t') return true;
      if (c == '"' || c == '\'') return quoted(c);
      words_.back() += c;
    }
    return true;
  }
  bool quoted(char quote) {
    ++at_;
    while (at_ < line_.size()) {
      if (line_[at_] == quote) {
        ++at_;
        return at_ == line_.size() || is_blank(line_[at_]);
      }
      quote == '"' ? in_double() : in_single();
    }
    return false;
  }
  void in_single() {
    if (line_.substr(at_, 2) == "\\'") ++at_;
    words_.back() += line_[at_++];
  }
  void in_double() {
    if (line_[at_] != '\\' || at_ + 1 == line_.size()) {
      words_.back() += line_[at_++];
      return;
    }
    const char c = line_[at_ + 1];
    if (c == 'x' && at_ + 3 < line_.size()) {
      const auto high = hex_digit(line_[at_ + 2]);
      const auto low = hex_digit(line_[at_ + 3]);
      if (high && low) {
        words_.back() += static_cast<char>(*high * 16 + *low);
        at_ += 4;
        return;
      }
    }
    constexpr std::string_view kNames = "nrtba";
    constexpr std::string_view kMeant = "\n\r\t\b\a";
    const std::size_t named = kNames.find(c);
    words_.back() += named == std::string_view::npos ? c : kMeant[named];
    at_ += 2;
  }

  std::string_view line_;
  std::size_t at_ = 0;
  Words words_;
};

// ---- What has to hold ----

std::string quoted(const std::string& word) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "\"";
  for (const char c : word) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      text += {'\\', c};
    } else if (byte < ' ' || byte >= 127) {
      text += {'\\', 'x', kDigits[byte / 16], kDigits[byte % 16]};
    } else {
      text += c;
    }
  }
  return text + '"';
}

std::optional<Words> split(std::string_view line) {
  const Exact copy(line);
  std::string storage;
  resp::Args words;
  if (!resp::split_words(copy.view(), storage, words)) return std::nullopt;
  return Words(words.begin(), words.end());
}

void check_quoting(const Words& words) {
  std::string line;
  for (const std::string& word : words) line += quoted(word) + ' ';
  FUZZ_CHECK(split(line) == words);
}

void check_parser(std::string_view line, const std::optional<Words>& expected) {
  Feeder whole(kClient);
  whole.feed(std::string(line) + '\n');
  FUZZ_CHECK(whole.steps().size() == 1);
  const Step& step = whole.steps()[0];
  if (!expected) {
    FUZZ_CHECK(step.error == "ERR Protocol error: unbalanced quotes in request");
  } else if (expected->empty()) {
    FUZZ_CHECK(step.kind == Feeder::Kind::nothing);
  } else if (step.kind == Feeder::Kind::error) {
    FUZZ_CHECK(step.error == "ERR Protocol error: this is not an HTTP port");
  } else {
    FUZZ_CHECK(step.kind == Feeder::Kind::command && step.args == *expected);
  }
  FUZZ_CHECK(step.kind == Feeder::Kind::error || step.consumed == line.size() + 1);
  Feeder cut(kClient);
  cut.feed_in_pieces(std::string(line) + '\n', 5);
  FUZZ_CHECK(cut.steps() == whole.steps());
}

}  // namespace
}  // namespace limpet::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpet::fuzz;
  std::string_view line = text_of(data, size);
  line = line.substr(0, line.find('\n'));
  const std::optional<Words> expected = PlainReader(line).words();
  FUZZ_CHECK(split(line) == expected);
  if (expected) check_quoting(*expected);
  if (!line.starts_with('*')) check_parser(line, expected);
  return 0;
}
