#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <limpet/base/bytes.hpp>
#include <limpet/base/encoding.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/base/number.hpp>
#include <limpet/base/text.hpp>
#include <limpet/resp/request.hpp>
#include <optional>

namespace limpet::resp {

namespace {

using Kind = RequestStep::Kind;

// Offsets inside a request are kept in 32 bits.
constexpr std::size_t kRequestSpan = std::numeric_limits<std::uint32_t>::max();
// A line may be so long, and have CR and LF behind it.
constexpr std::size_t kLineSpan = kLineBytesMax + 2;
// Above these, the memory that a large request needed is given back.
constexpr std::size_t kRangesKept = 1024;
constexpr std::size_t kWordsKept = 1024;
// What no limit of ours comes near; announced lengths above it are called invalid, not merely
// unauthenticated.
constexpr std::int64_t kSaneLengthMax = std::numeric_limits<std::int32_t>::max();

constexpr std::string_view kInvalidCount = "ERR Protocol error: invalid multibulk length";
constexpr std::string_view kUnauthCount = "ERR Protocol error: unauthenticated multibulk length";
constexpr std::string_view kLongCount = "ERR Protocol error: too big mbulk count string";
constexpr std::string_view kInvalidBulk = "ERR Protocol error: invalid bulk length";
constexpr std::string_view kUnauthBulk = "ERR Protocol error: unauthenticated bulk length";
constexpr std::string_view kLongBulk = "ERR Protocol error: too big bulk count string";
constexpr std::string_view kNoCrlf = "ERR Protocol error: expected CRLF behind a bulk string";
constexpr std::string_view kTooLarge = "ERR Protocol error: request is too large";
constexpr std::string_view kLongLine = "ERR Protocol error: too big inline request";
constexpr std::string_view kUnbalanced = "ERR Protocol error: unbalanced quotes in request";
constexpr std::string_view kNotHttp = "ERR Protocol error: this is not an HTTP port";
constexpr std::string_view kNotTls = "ERR Protocol error: this port speaks RESP without TLS";

// A header line: the number behind its type byte.
struct Header {
  enum class State : std::uint8_t { read, need_more, too_long, no_number };
  State state;
  std::int64_t value = 0;
  std::size_t end = 0;  // behind its LF
};

// The header line at `at`, of which the bytes before `searched` hold no LF.
Header read_header(std::string_view input, std::size_t at, std::size_t searched) {
  const std::size_t stop = std::min(input.size(), at + kLineSpan);
  const std::size_t from = std::max(at, searched);
  const void* found = from < stop ? std::memchr(input.data() + from, '\n', stop - from) : nullptr;
  if (found == nullptr) {
    return {input.size() - at >= kLineSpan ? Header::State::too_long : Header::State::need_more};
  }
  const auto end = static_cast<std::size_t>(static_cast<const char*>(found) - input.data());
  std::string_view digits = input.substr(at + 1, end > at ? end - at - 1 : 0);
  if (digits.ends_with('\r')) digits.remove_suffix(1);
  const std::optional<std::int64_t> value = parse_int64(digits);
  if (!value) return {Header::State::no_number};
  return {Header::State::read, *value, end + 1};
}

std::string_view check_count(std::int64_t count, const RequestLimits& limits) {
  if (count <= 0 || static_cast<std::uint64_t>(count) <= limits.args_max) return {};
  return limits.authenticated || count > kSaneLengthMax ? kInvalidCount : kUnauthCount;
}

std::string_view check_bulk(std::int64_t bytes, const RequestLimits& limits) {
  if (bytes >= 0 && static_cast<std::uint64_t>(bytes) <= limits.bulk_bytes_max) return {};
  return limits.authenticated || bytes < 0 || bytes > kSaneLengthMax ? kInvalidBulk : kUnauthBulk;
}

// A browser that was led here must not get further than its first line. GET and the like are commands of
// ours, so they only count with a version behind them; POST and Host: are none.
bool is_http(const Args& words) {
  constexpr std::array<std::string_view, 6> kVerbs = {"GET", "PUT", "HEAD", "OPTIONS", "CONNECT", "DELETE"};
  if (equals_ignore_case(words[0], "POST") || equals_ignore_case(words[0], "Host:")) return true;
  if (words.size() < 3 || !equals_ignore_case(words[2].substr(0, 5), "HTTP/")) return false;
  return std::any_of(kVerbs.begin(), kVerbs.end(),
                     [&](std::string_view verb) { return equals_ignore_case(words[0], verb); });
}

}  // namespace

namespace {

bool is_crlf(const char* at) { return load_le<std::uint16_t>(at) == 0x0a0d; }

// One to three digits and CRLF: what nearly every header line holds. Returns what stands behind; null for all
// else. REQUIRES: five bytes at `at`.
inline const char* quick_length(const char* at, std::size_t& value) {
  const auto digit = [at](int i) { return static_cast<unsigned char>(at[i]) - unsigned{'0'}; };
  value = digit(0);
  if (value > 9) return nullptr;
  if (is_crlf(at + 1)) return at + 3;
  if (value == 0 || digit(1) > 9) return nullptr;
  value = value * 10 + digit(1);
  if (is_crlf(at + 2)) return at + 4;
  if (digit(2) > 9) return nullptr;
  value = value * 10 + digit(2);
  return is_crlf(at + 3) ? at + 5 : nullptr;
}

// The hot path: a complete array of short arguments, straight into `args`. Returns its length; 0 for anything
// unusual, be it wrong, large or not all there: read_array() then finds out what.
std::size_t read_plain_array(std::string_view input, const RequestLimits& limits, Args& args) {
  constexpr std::ptrdiff_t kHeaderBytes = 6;
  const char* const end = input.data() + input.size();
  std::size_t count = 0;
  if (input.size() < kHeaderBytes) return 0;
  const char* at = quick_length(input.data() + 1, count);
  if (at == nullptr || count == 0 || count > limits.args_max) return 0;
  for (; count > 0; --count) {
    if (end - at < kHeaderBytes || *at != '$') return 0;
    std::size_t length = 0;
    at = quick_length(at + 1, length);
    if (at == nullptr || length > limits.bulk_bytes_max) return 0;
    if (static_cast<std::size_t>(end - at) < length + 2 || !is_crlf(at + length)) return 0;
    args.emplace_back(at, length);
    at += length + 2;
  }
  const auto consumed = static_cast<std::size_t>(at - input.data());
  return consumed <= limits.request_bytes_max ? consumed : 0;
}

}  // namespace

RequestStep RequestParser::next(std::string_view input, const RequestLimits& limits, Args& args) {
  args.clear();
  if (input.empty() || input.size() < wanted_) return {Kind::need_more};
  if (words_.capacity() > kWordsKept) std::string().swap(words_);
  if (input.front() != '*') return read_line(input, limits, args);
  if (wanted_ == 0) {
    if (const std::size_t consumed = read_plain_array(input, limits, args); consumed != 0) {
      return {Kind::command, consumed};
    }
  }
  const RequestStep step = read_array(input, limits);
  args.clear();
  if (step.kind == Kind::need_more) return step;
  if (step.kind == Kind::command) {
    for (const Range range : ranges_) args.push_back(input.substr(range.offset, range.length));
  }
  forget();
  return step;
}

RequestStep RequestParser::read_array(std::string_view input, const RequestLimits& limits) {
  const std::size_t span = std::min(limits.request_bytes_max, kRequestSpan);
  auto [at, searched, left, bulk_bytes] = progress_;
  if (left < 0) {
    const Header header = read_header(input, at, searched);
    if (header.state == Header::State::need_more) return suspend({at, input.size()}, input.size() + 1);
    if (header.state != Header::State::read) {
      return refuse(header.state == Header::State::too_long ? kLongCount : kInvalidCount);
    }
    if (const auto error = check_count(header.value, limits); !error.empty()) return refuse(error);
    at = header.end;
    if (header.value <= 0) return {Kind::nothing, at};
    left = header.value;
  }
  for (; left > 0; --left) {
    if (bulk_bytes < 0) {
      if (at == input.size()) return suspend({at, at, left}, at + 1);
      if (input[at] != '$') return refuse_type(input[at]);
      const Header header = read_header(input, at, searched);
      if (header.state == Header::State::need_more)
        return suspend({at, input.size(), left}, input.size() + 1);
      if (header.state != Header::State::read) {
        return refuse(header.state == Header::State::too_long ? kLongBulk : kInvalidBulk);
      }
      if (const auto error = check_bulk(header.value, limits); !error.empty()) return refuse(error);
      at = header.end;
      bulk_bytes = header.value;
    }
    const auto length = static_cast<std::size_t>(bulk_bytes);
    const std::size_t end = at + length + 2;
    if (end > span) return refuse(kTooLarge);
    if (end > input.size()) return suspend({at, at, left, bulk_bytes}, end);
    if (!is_crlf(input.data() + end - 2)) return refuse(kNoCrlf);
    ranges_.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(length)});
    at = end;
    bulk_bytes = -1;
  }
  return {Kind::command, at};
}

RequestStep RequestParser::suspend(const Progress& progress, std::size_t wanted) {
  progress_ = progress;
  wanted_ = wanted;
  return {Kind::need_more};
}

RequestStep RequestParser::refuse_type(char type) {
  words_.assign("ERR Protocol error: expected '$', got '").append(printable({&type, 1})).append("'");
  return refuse(words_);
}

RequestStep RequestParser::read_line(std::string_view input, const RequestLimits& limits, Args& args) {
  if (begins_tls(input)) return refuse(kNotTls);
  const bool small = limits.request_bytes_max < kLineBytesMax;
  const std::size_t span = small ? limits.request_bytes_max : kLineSpan;
  const std::size_t from = progress_.searched;
  const std::size_t stop = std::min(input.size(), span);
  const void* found = from < stop ? std::memchr(input.data() + from, '\n', stop - from) : nullptr;
  if (found == nullptr) {
    if (input.size() >= span) return refuse(small ? kTooLarge : kLongLine);
    return suspend({0, input.size()}, input.size() + 1);
  }
  const auto length = static_cast<std::size_t>(static_cast<const char*>(found) - input.data());
  forget();
  if (!split_words(input.substr(0, length), words_, args)) return refuse(kUnbalanced);
  if (args.empty()) return {Kind::nothing, length + 1};
  if (is_http(args)) return refuse(kNotHttp);
  return {Kind::command, length + 1};
}

RequestStep RequestParser::refuse(std::string_view error) {
  forget();
  return {Kind::error, 0, error};
}

void RequestParser::forget() {
  wanted_ = 0;
  progress_ = {};
  ranges_.clear();
  if (ranges_.capacity() > kRangesKept) ranges_.shrink_to_fit();
}

}  // namespace limpet::resp
