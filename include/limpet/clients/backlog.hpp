// Backlog: replies that a client has not read yet, beyond those in its `out`. A client may write a long
// pipeline before it reads anything; what it is owed meanwhile stands here in chunks, so that no buffer is
// ever copied for getting longer.
//
//     out  ->  chunk  ->  chunk  ->  chunk        out is the oldest: the driver writes it
//
// While replies are being written to `out`, it stands for the newest instead: open() before, close() behind.
#pragma once

#include <cstddef>
#include <deque>
#include <limpet/base/bytes.hpp>

namespace limpet::clients {

class Backlog {
 public:
  // What stands in `out` is older than what is going to be written to it: it is put in front, and `out` is
  // empty.
  void open(Bytes& out);
  // What was written to `out` is the newest: it goes to the end, and `out` is the oldest again.
  void close(Bytes& out);
  // `out` was written whole: the next chunk takes its place, if there is one.
  void next(Bytes& out);

  [[nodiscard]] bool empty() const { return chunks_.empty(); }
  // In the chunks, and what they take.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

 private:
  void push_back(Bytes&& chunk);
  Bytes pop_front();

  std::deque<Bytes> chunks_;
  std::size_t bytes_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace limpet::clients
