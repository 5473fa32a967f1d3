#include "outside_quotes.hpp"

#include <cstddef>
#include <string>

namespace limpet::cluster {

namespace {

// Reads strings and comments as TOML does, and of all else only whether it is ASCII.
class Reader {
 public:
  Reader(std::string_view text, Faults& faults) : text_(text), faults_(faults) {}

  void check() {
    if (text_.starts_with("\xef\xbb\xbf")) i_ = 3;
    while (i_ < text_.size() && faults_.none()) {
      const char c = text_[i_];
      if ((c == '"' || c == '\'') && begins_string()) {
        if (!skip_string(c)) return refuse_rest();
      } else if (c == '#') {
        while (i_ < text_.size() && text_[i_] != '\n') step();
      } else if (static_cast<unsigned char>(c) >= 0x80) {
        faults_.add(
            at_, "only plain letters, digits and signs may stand outside quotes; put text in double quotes");
      } else {
        step();
      }
    }
  }

 private:
  // Not in the middle of a word or number.
  [[nodiscard]] bool begins_string() const {
    constexpr std::string_view kBefore = " \t\r\n=[{,.";
    return i_ == 0 || kBefore.find(text_[i_ - 1]) != std::string_view::npos;
  }
  // Behind a quote that is never closed the parser reads on as it likes.
  void refuse_rest() {
    while (i_ < text_.size() && static_cast<unsigned char>(text_[i_]) < 0x80) step();
    if (i_ < text_.size()) faults_.add(at_, "a quote before this place is never closed");
  }
  void step() {
    const char c = text_[i_++];
    const bool continues = (static_cast<unsigned char>(c) & 0xc0) == 0x80;  // a character that has begun
    if (c == '\n') {
      at_ = {at_.line + 1, 1};
    } else if (!continues) {
      ++at_.column;
    }
  }
  // False if it does not end.
  bool skip_string(char quote) {
    const std::size_t begin = i_;
    const Position began = at_;
    const bool long_one = text_.substr(i_).starts_with(std::string(3, quote));
    const std::string end(long_one ? 3 : 1, quote);
    for (std::size_t n = 0; n < end.size(); ++n) step();
    while (i_ < text_.size() && !text_.substr(i_).starts_with(end)) {
      if (text_[i_] == '\n' && !long_one) break;
      if (text_[i_] == '\\' && quote == '"' && i_ + 1 < text_.size()) step();
      step();
    }
    if (!text_.substr(i_).starts_with(end)) {
      i_ = begin;
      at_ = began;
      return false;
    }
    for (std::size_t n = 0; n < end.size(); ++n) step();
    // Up to two quotes before the last three are text.
    for (int n = 0; long_one && n < 2 && text_.substr(i_).starts_with(quote); ++n) step();
    return true;
  }

  std::string_view text_;
  Faults& faults_;
  std::size_t i_ = 0;
  Position at_;
};

}  // namespace

void refuse_letters_outside_quotes(std::string_view text, Faults& faults) { Reader(text, faults).check(); }

}  // namespace limpet::cluster
