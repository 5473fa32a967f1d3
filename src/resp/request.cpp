#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
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

// A header line: the number behind its type byte.
struct Header {
  enum class State : std::uint8_t { read, need_more, too_long, no_number };
  State state;
  std::int64_t value = 0;
  std::size_t end = 0;  // behind its LF
};

// Any header line at `at`, of which the bytes before `searched` hold no LF.
Header read_header_slowly(std::string_view input, std::size_t at, std::size_t searched) {
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

// The same, quick for what well-behaved clients send: up to 8 digits and CRLF, all there.
inline Header read_header(std::string_view input, std::size_t at, std::size_t searched) {
  constexpr std::ptrdiff_t kQuickDigits = 8;
  const char* const begin = input.data() + at + 1;
  const char* const end = input.data() + input.size();
  const char* const stop = end - begin > kQuickDigits ? begin + kQuickDigits : end;
  const char* digit = begin;
  std::int64_t value = 0;
  for (; digit < stop; ++digit) {
    const unsigned number = static_cast<unsigned char>(*digit) - unsigned{'0'};
    if (number > 9) break;
    value = value * 10 + number;
  }
  const bool plain = digit != begin && (*begin != '0' || digit == begin + 1);
  if (plain && end - digit >= 2 && digit[0] == '\r' && digit[1] == '\n') {
    return {Header::State::read, value, static_cast<std::size_t>(digit + 2 - input.data())};
  }
  return read_header_slowly(input, at, searched);
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

// Where the arguments of a request go that is read in one piece: to the caller at once.
struct RequestParser::Direct {
  std::string_view input;
  Args& args;

  void add(std::size_t at, std::size_t length) { args.emplace_back(input.data() + at, length); }
  void keep(std::vector<Range>& ranges) const {
    for (const std::string_view arg : args) {
      ranges.push_back(
          {static_cast<std::uint32_t>(arg.data() - input.data()), static_cast<std::uint32_t>(arg.size())});
    }
  }
};

// Where they go once a request had to wait: the input may stand elsewhere at the next call.
struct RequestParser::Kept {
  std::vector<Range>& ranges;

  void add(std::size_t at, std::size_t length) {
    ranges.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(length)});
  }
  void keep(std::vector<Range>&) const {}
};

RequestStep RequestParser::next(std::string_view input, const RequestLimits& limits, Args& args) {
  args.clear();
  if (words_.capacity() > kWordsKept) std::string().swap(words_);
  if (input.empty() || input.size() < wanted_) return {Kind::need_more};
  if (input.front() != '*') return read_line(input, limits, args);
  if (wanted_ != 0) return resume_array(input, limits, args);
  Direct direct{input, args};
  return read_array(input, limits, Progress{}, direct);
}

template <class Sink>
RequestStep RequestParser::read_array(std::string_view input, const RequestLimits& limits, Progress from,
                                      Sink& sink) {
  const std::size_t span = std::min(limits.request_bytes_max, kRequestSpan);
  auto [at, searched, left, bulk_bytes] = from;
  if (left < 0) {
    const Header header = read_header(input, at, searched);
    if (header.state != Header::State::read) {
      if (header.state == Header::State::need_more)
        return suspend({at, input.size()}, input.size() + 1, sink);
      return refuse(header.state == Header::State::too_long ? kLongCount : kInvalidCount);
    }
    if (const auto error = check_count(header.value, limits); !error.empty()) return refuse(error);
    if (header.value <= 0) return finish(Kind::nothing, header.end);
    at = header.end;
    left = header.value;
  }
  for (; left > 0; --left) {
    if (bulk_bytes < 0) {
      if (at == input.size()) return suspend({at, at, left}, at + 1, sink);
      if (input[at] != '$') {
        words_.assign("ERR Protocol error: expected '$', got '")
            .append(printable(input.substr(at, 1)))
            .append("'");
        return refuse(words_);
      }
      const Header header = read_header(input, at, searched);
      if (header.state != Header::State::read) {
        if (header.state == Header::State::need_more)
          return suspend({at, input.size(), left}, input.size() + 1, sink);
        return refuse(header.state == Header::State::too_long ? kLongBulk : kInvalidBulk);
      }
      bulk_bytes = header.value;
      if (const auto error = check_bulk(bulk_bytes, limits); !error.empty()) return refuse(error);
      at = header.end;
    }
    const auto length = static_cast<std::size_t>(bulk_bytes);
    const std::size_t end = at + length + 2;
    if (end > span) return refuse(kTooLarge);
    if (end > input.size()) return suspend({at, at, left, bulk_bytes}, end, sink);
    if (input[end - 2] != '\r' || input[end - 1] != '\n') return refuse(kNoCrlf);
    sink.add(at, length);
    at = end;
    bulk_bytes = -1;
  }
  return finish(Kind::command, at);
}

template <class Sink>
RequestStep RequestParser::suspend(Progress progress, std::size_t wanted, Sink& sink) {
  sink.keep(ranges_);
  progress_ = progress;
  wanted_ = wanted;
  return {Kind::need_more};
}

RequestStep RequestParser::resume_array(std::string_view input, const RequestLimits& limits, Args& args) {
  Kept kept{ranges_};
  const RequestStep step = read_array(input, limits, progress_, kept);
  if (step.kind == Kind::need_more) return step;
  if (step.kind == Kind::command) {
    args.reserve(ranges_.size());
    for (const Range range : ranges_) args.push_back(input.substr(range.offset, range.length));
  }
  forget();
  return step;
}

RequestStep RequestParser::read_line(std::string_view input, const RequestLimits& limits, Args& args) {
  const bool small = limits.request_bytes_max < kLineBytesMax;
  const std::size_t span = small ? limits.request_bytes_max : kLineSpan;
  const std::size_t from = wanted_ == 0 ? 0 : progress_.searched;
  const std::size_t stop = std::min(input.size(), span);
  const void* found = from < stop ? std::memchr(input.data() + from, '\n', stop - from) : nullptr;
  if (found == nullptr) {
    if (input.size() >= span) return refuse(small ? kTooLarge : kLongLine);
    progress_ = {0, input.size()};
    wanted_ = input.size() + 1;
    return {Kind::need_more};
  }
  const auto length = static_cast<std::size_t>(static_cast<const char*>(found) - input.data());
  if (!split_words(input.substr(0, length), words_, args)) return refuse(kUnbalanced);
  if (args.empty()) return finish(Kind::nothing, length + 1);
  if (is_http(args)) return refuse(kNotHttp);
  return finish(Kind::command, length + 1);
}

RequestStep RequestParser::finish(Kind kind, std::size_t consumed) {
  wanted_ = 0;
  return {kind, consumed};
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
