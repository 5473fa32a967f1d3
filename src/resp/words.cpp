// split_words: the words of a line, with redis-cli's quotes.
#include <limpet/base/text.hpp>
#include <limpet/resp/request.hpp>

namespace limpet::resp {

namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Inside a word these end it; \v and \f do not, as in Redis.
bool ends_word(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

char escaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return c;
  }
}

// Reads one word that holds quotes, from `at`, to the end of `storage`. Nothing it appends is longer than
// what it read.
class QuotedWord {
 public:
  QuotedWord(std::string_view line, std::size_t at, std::string& storage)
      : line_(line), at_(at), storage_(storage) {}

  // False if a quote is not closed, or not followed by a space.
  bool read() {
    while (at_ < line_.size() && !ends_word(line_[at_])) {
      const char c = line_[at_++];
      if (c == '"' || c == '\'') return c == '"' ? read_double() : read_single();
      storage_.push_back(c);
    }
    return true;
  }
  [[nodiscard]] std::size_t end() const { return at_; }

 private:
  bool read_double() {
    while (at_ < line_.size()) {
      const char c = line_[at_++];
      if (c == '"') return closed();
      storage_.push_back(c == '\\' && at_ < line_.size() ? read_escape() : c);
    }
    return false;
  }
  char read_escape() {
    if (line_[at_] == 'x' && at_ + 2 < line_.size()) {
      const int high = hex_digit(line_[at_ + 1]);
      const int low = hex_digit(line_[at_ + 2]);
      if (high >= 0 && low >= 0) {
        at_ += 3;
        return static_cast<char>(high * 16 + low);
      }
    }
    return escaped(line_[at_++]);
  }
  bool read_single() {
    while (at_ < line_.size()) {
      const char c = line_[at_++];
      if (c == '\'') return closed();
      const bool quote = c == '\\' && at_ < line_.size() && line_[at_] == '\'';
      storage_.push_back(quote ? line_[at_++] : c);
    }
    return false;
  }
  [[nodiscard]] bool closed() const { return at_ == line_.size() || is_space(line_[at_]); }

  std::string_view line_;
  std::size_t at_;
  std::string& storage_;
};

}  // namespace

bool split_words(std::string_view line, std::string& storage, Args& words) {
  words.clear();
  storage.clear();
  std::size_t at = 0;
  while (true) {
    while (at < line.size() && is_space(line[at])) ++at;
    if (at == line.size()) return true;
    std::size_t end = at;
    while (end < line.size() && !ends_word(line[end]) && line[end] != '"' && line[end] != '\'') ++end;
    if (end == line.size() || ends_word(line[end])) {
      words.push_back(line.substr(at, end - at));
      at = end;
      continue;
    }
    // Room for everything at once: the views must not move when more is appended.
    storage.reserve(line.size());
    const std::size_t begin = storage.size();
    QuotedWord word(line, at, storage);
    if (!word.read()) return false;
    words.push_back(std::string_view(storage).substr(begin));
    at = word.end();
  }
}

}  // namespace limpet::resp
