// ReplyWriter: appends replies to a client's output, in the version of RESP that the client speaks.
//
// Holds a reference and a number; make one where it is needed. The caller opens an aggregate with its count
// and then writes that many elements (twice as many for a map). What a GET or an INCR answers is inline here:
// it is on the path of every command. Nothing fails; used by one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limpet/base/bytes.hpp>
#include <limpet/base/number.hpp>
#include <string_view>

namespace limpet::resp {

enum class Version : std::uint8_t { resp2 = 2, resp3 = 3 };

class ReplyWriter {
 public:
  ReplyWriter(Bytes& out, Version version) : out_(out), version_(version) {}

  [[nodiscard]] Version version() const { return version_; }
  [[nodiscard]] Bytes& out() { return out_; }

  void ok() { out_.append("+OK\r\n"); }
  void simple(std::string_view text);  // "+text"; REQUIRES: no CR or LF in it
  // "-text": begins with its class ("ERR ...", "WRONGTYPE ..."). Control bytes become spaces, over-long text
  // is cut.
  void error(std::string_view text);
  void integer(std::int64_t value) { number(':', value); }  // ":1"
  void bulk(std::string_view bytes);                        // "$3\r\nabc"
  void bulk_integer(std::int64_t value);                    // an integer as a bulk string
  void verbatim(std::string_view text);                     // RESP3 "=7\r\ntxt:abc"; RESP2 a bulk string
  void null() { out_.append(resp3() ? "_\r\n" : "$-1\r\n"); }
  void null_array() { out_.append(resp3() ? "_\r\n" : "*-1\r\n"); }
  void boolean(bool value);  // RESP3 "#t"; RESP2 ":1"
  void array(std::size_t count) { number('*', static_cast<std::int64_t>(count)); }
  void map(std::size_t pairs);  // RESP3 "%n"; RESP2 an array of twice as many
  void set(std::size_t count) { number(resp3() ? '~' : '*', static_cast<std::int64_t>(count)); }

 private:
  // A type byte, a number and CRLF.
  static constexpr std::size_t kHeadMax = 1 + kIntegerCharsMax + 2;

  [[nodiscard]] bool resp3() const { return version_ == Version::resp3; }
  static char* write_head(char* at, char type, std::int64_t value);
  static char* write_crlf(char* at) {
    std::memcpy(at, "\r\n", 2);
    return at + 2;
  }
  void number(char type, std::int64_t value) {
    char* const at = out_.reserve(kHeadMax);
    out_.commit(static_cast<std::size_t>(write_head(at, type, value) - at));
  }

  Bytes& out_;
  Version version_;
};

inline char* ReplyWriter::write_head(char* at, char type, std::int64_t value) {
  *at++ = type;
  // Most numbers in replies have one or two digits.
  if (const auto small = static_cast<std::uint64_t>(value); small < 10) {
    *at++ = static_cast<char>('0' + small);
  } else if (small < 100) {
    *at++ = static_cast<char>('0' + small / 10);
    *at++ = static_cast<char>('0' + small % 10);
  } else {
    at = write_integer(at, value);
  }
  return write_crlf(at);
}

inline void ReplyWriter::bulk(std::string_view bytes) {
  char* const begin = out_.reserve(kHeadMax + bytes.size() + 2);
  char* at = write_head(begin, '$', static_cast<std::int64_t>(bytes.size()));
  if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
  at = write_crlf(at + bytes.size());
  out_.commit(static_cast<std::size_t>(at - begin));
}

}  // namespace limpet::resp
