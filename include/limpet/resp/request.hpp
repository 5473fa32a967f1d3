// RequestParser: turns the bytes of a client into commands, RESP arrays or lines of text on the same port.
//
// One parser for each connection; it keeps only what an unfinished request needs, and no bytes. It never reserves
// memory on the strength of an announced length. However the bytes are cut into pieces, the outcome is the same.
//
//   *3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n          RESP: an array of bulk strings
//   SET k "a value\n"\r\n                              a line: words, with quotes as in redis-cli
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
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
  // Reads one request from the front of `input`. `args` is overwritten; its views point into `input`, or, for words of
  // a line that had quotes, into the parser, and live until the next call.
  RequestStep next(std::string_view input, const RequestLimits& limits, Args& args);

  // Bytes that have to be there before another call can get further than the last one; a hint.
  [[nodiscard]] std::size_t wanted() const { return wanted_; }

 private:
  struct Unfinished;

  RequestStep next_array(std::string_view input, const RequestLimits& limits, Args& args);
  RequestStep next_line(std::string_view input, const RequestLimits& limits, Args& args);
  RequestStep protocol_error(std::string_view what);
  RequestStep suspend(std::string_view input, const Args& args, std::size_t at, std::int64_t left,
                      std::int64_t bulk_bytes, std::size_t wanted);
  void reset();

  // Where an unfinished array stands: how far it was read, how many arguments are to come, the length of the one that
  // has been announced (-1: none), and the arguments read so far as (offset, length).
  std::size_t at_ = 0;
  std::int64_t left_ = -1;
  std::int64_t bulk_bytes_ = -1;
  std::size_t wanted_ = 0;
  std::vector<std::pair<std::size_t, std::size_t>> ranges_;
  std::string words_;  // the words of a line, without their quotes; also the text of an error
};

// Splits a line into words as redis-cli does: "..." with \n \r \t \b \a \xHH and \c escapes, '...' with \' only. Views
// point into `line` or, for quoted words, into `storage`. False if quotes are not balanced.
[[nodiscard]] bool split_words(std::string_view line, std::string& storage, Args& words);

}  // namespace limpet::resp
