// RequestParser: turns the bytes of a client into commands, RESP arrays or lines of text on the same port.
//
// One parser for each connection; it keeps only what an unfinished request needs, and no bytes. It never
// reserves memory on the strength of an announced length. However the bytes are cut into pieces, the outcome
// is the same, and the work is in proportion to the bytes.
//
//   *3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n          RESP: an array of bulk strings
//   SET k "a value\n"\r\n                              a line: words, with quotes as in redis-cli
//
// A line of text, and a header line of RESP, ends in LF, with or without a CR before it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::resp {

using Args = std::vector<std::string_view>;  // [0] is the command's name

struct RequestLimits {
  std::size_t args_max;
  std::size_t bulk_bytes_max;
  std::size_t request_bytes_max;
  bool authenticated = true;  // only chooses the words of an error
};

struct RequestStep {
  enum class Kind : std::uint8_t {
    need_more,  // the request is not complete; call again with the same bytes and more behind them
    command,    // `args` holds it
    nothing,    // an empty line or array: no command, no reply
    error,      // the bytes are no request; `error` says why; the connection has to end
  };
  Kind kind;
  std::size_t consumed = 0;     // bytes that the caller is to drop before the next call (0 for need_more)
  std::string_view error = {};  // "ERR Protocol error: ..."; valid until the next call
};

class RequestParser {
 public:
  // Reads one request from the front of `input`. `args` is overwritten; its views point into `input`, or, for
  // words of a line that had quotes, into the parser, and live until the next call.
  RequestStep next(std::string_view input, const RequestLimits& limits, Args& args);

  // What was read of an unfinished request is to be read again: the next call begins at the start of one.
  void forget();

  // How long `input` has to be before another call can get further than the last one; a hint. 0: no request
  // is unfinished.
  [[nodiscard]] std::size_t wanted() const { return wanted_; }

 private:
  // An argument of an unfinished request. 32 bits are enough: no request is longer.
  struct Range {
    std::uint32_t offset;
    std::uint32_t length;
  };
  // How far an unfinished request was read.
  struct Progress {
    std::size_t at = 0;            // start of the header line, line or argument that is not complete
    std::size_t searched = 0;      // up to here no LF stands behind `at`
    std::int64_t args_left = -1;   // -1: the array's header is not complete
    std::int64_t bulk_bytes = -1;  // length of the argument at `at`; -1: a header stands there
  };

  RequestStep read_array(std::string_view input, const RequestLimits& limits);
  RequestStep read_line(std::string_view input, const RequestLimits& limits, Args& args);
  RequestStep suspend(const Progress& progress, std::size_t wanted);
  RequestStep refuse(std::string_view error);
  RequestStep refuse_type(char type);

  std::size_t wanted_ = 0;
  Progress progress_;
  std::vector<Range> ranges_;  // the arguments so far of an array that is unfinished or has long ones
  std::string words_;          // the words of a line, without their quotes; also the text of an error
};

// Splits a line into words as redis-cli does: "..." with \n \r \t \b \a \xHH and \c escapes, '...' with \'
// only. Views point into `line` or, for quoted words, into `storage`. False if quotes are not balanced.
[[nodiscard]] bool split_words(std::string_view line, std::string& storage, Args& words);

}  // namespace limpet::resp
