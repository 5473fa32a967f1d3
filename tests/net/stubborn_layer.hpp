// StubbornLayer: a layer as awkward as TLS may be, for tests of whoever drives one.
//
// Bytes go in frames: a letter, two bytes of length, and what they carry turned over bit by bit. Before a
// write it may ask the other side something and not go on until the answer has been read; whoever was asked
// gives the answer before it reads on. So writes wait for bytes and reads for room, in any mixture.
//
// Both sides of a connection are of this kind.
#pragma once

#include <cstdint>
#include <limpet/net/wire.hpp>
#include <memory>
#include <random>
#include <string>

namespace limpet::net::testing {

class StubbornLayer : public Layer {
 public:
  struct Manners {
    std::uint32_t seed = 1;
    bool asks_first = false;       // before its first write
    unsigned asks_percent = 0;     // of its later writes
    std::size_t answer_bytes = 0;  // how long its answers are
    bool insists = true;           // on writing its answers before it reads
    bool asks_before_the_end = false;
    int fails_with = 0;  // every call
  };
  struct Seen {
    int calls = 0;
    int waited_for_bytes = 0;  // writes and shut()s
    int waited_for_room = 0;   // reads
  };
  StubbornLayer(Manners manners, std::shared_ptr<Seen> seen)
      : manners_(manners), seen_(std::move(seen)), random_(manners.seed), asks_(manners.asks_first) {}

  Io read(int socket, std::span<char> into) override;
  Io write(int socket, std::string_view bytes) override;
  Io shut(int socket) override;

 private:
  [[nodiscard]] Io push(int socket);
  [[nodiscard]] Io pull(int socket);
  // Until nothing stands in the way of a write.
  [[nodiscard]] Io get_ready(int socket);
  void add(char kind, std::string_view body);
  bool take_frame();
  // Whatever but a read has taken bytes says that there may be some to read.
  [[nodiscard]] Io told(Io io) const {
    io.more = took_bytes_;
    return io;
  }

  Manners manners_;
  std::shared_ptr<Seen> seen_;
  std::minstd_rand random_;
  bool asks_;           // before its next write
  bool waits_ = false;  // for an answer
  bool ended_ = false;  // the other side has said so
  bool said_end_ = false;
  bool took_bytes_ = false;   // in this call
  std::size_t underway_ = 0;  // bytes of the write whose frame stands in `out_`
  std::string out_;           // frames
  std::string raw_;           // what came, as it came
  std::string in_;            // and what it carried
};

}  // namespace limpet::net::testing
