// ReplyWriter: appends replies to a client's output, in the version of RESP that the client speaks.
//
// Holds two references and a number; make one where it is needed. The caller opens an aggregate with its count and then
// writes that many elements (twice as many for a map).
#pragma once

#include <limpet/base/bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace limpet::resp {

enum class Version : std::uint8_t { resp2 = 2, resp3 = 3 };

class ReplyWriter {
 public:
  ReplyWriter(Bytes& out, Version version) : out_(out), version_(version) {}

  [[nodiscard]] Version version() const { return version_; }
  [[nodiscard]] Bytes& out() { return out_; }

  void ok() { out_.append("+OK\r\n"); }
  void simple(std::string_view text);              // "+text"; REQUIRES: no CR or LF in it
  // "-text": begins with its class ("ERR ...", "WRONGTYPE ..."). Control bytes become spaces, over-long text is cut.
  void error(std::string_view text);
  void integer(std::int64_t value);                // ":1"
  void bulk(std::string_view bytes);               // "$3\r\nabc"
  void bulk_integer(std::int64_t value);           // an integer as a bulk string
  void verbatim(std::string_view text);            // RESP3 "=7\r\ntxt:abc"; RESP2 a bulk string
  void null();                                     // RESP3 "_"; RESP2 "$-1"
  void null_array();                               // RESP3 "_"; RESP2 "*-1"
  void boolean(bool value);                        // RESP3 "#t"; RESP2 ":1"
  void array(std::size_t count) { aggregate('*', count); }
  void map(std::size_t pairs);                     // RESP3 "%n"; RESP2 an array of twice as many
  void set(std::size_t count) { aggregate(version_ == Version::resp3 ? '~' : '*', count); }

 private:
  void aggregate(char type, std::size_t count);

  Bytes& out_;
  Version version_;
};

}  // namespace limpet::resp
