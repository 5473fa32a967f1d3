#include "stubborn_layer.hpp"

#include <algorithm>
#include <array>

namespace limpet::net::testing {

namespace {

constexpr char kData = 'd';
constexpr char kAsk = 'q';
constexpr char kAnswer = 'a';
constexpr char kEnd = 'e';
constexpr std::size_t kHeadBytes = 3;
constexpr std::size_t kBodyBytesMax = 4000;

bool moved(const Io& io) { return io.state == Io::State::moved; }

}  // namespace

void StubbornLayer::add(char kind, std::string_view body) {
  out_ += kind;
  out_ += static_cast<char>(body.size() & 0xff);
  out_ += static_cast<char>(body.size() >> 8);
  for (const char byte : body) out_ += static_cast<char>(~byte);
}

bool StubbornLayer::take_frame() {
  if (raw_.size() < kHeadBytes) return false;
  const std::size_t bytes =
      static_cast<unsigned char>(raw_[1]) + (std::size_t{static_cast<unsigned char>(raw_[2])} << 8);
  if (raw_.size() < kHeadBytes + bytes) return false;
  switch (raw_[0]) {
    case kData:
      for (const char byte : raw_.substr(kHeadBytes, bytes)) in_ += static_cast<char>(~byte);
      break;
    case kAsk:
      for (std::size_t left = std::max<std::size_t>(manners_.answer_bytes, 1); left > 0;) {
        const std::size_t piece = std::min(left, kBodyBytesMax);
        left -= piece;
        add(left > 0 ? 'p' : kAnswer, std::string(piece, 'x'));  // the last piece is the answer
      }
      break;
    case kAnswer:
      waits_ = false;
      break;
    case kEnd:
      ended_ = true;
      break;
    default:
      break;
  }
  raw_.erase(0, kHeadBytes + bytes);
  return true;
}

Io StubbornLayer::push(int socket) {
  while (!out_.empty()) {
    const Io io = Wire::write_socket(socket, out_);
    if (!moved(io)) return io;
    out_.erase(0, io.bytes);
  }
  return {};
}

Io StubbornLayer::pull(int socket) {
  std::array<char, 1000> room;
  const Io io = Wire::read_socket(socket, room);
  if (io.state == Io::State::ended) ended_ = took_bytes_ = true;
  if (!moved(io)) return io;
  took_bytes_ = true;
  raw_.append(room.data(), io.bytes);
  while (take_frame()) {
  }
  return io;
}

Io StubbornLayer::get_ready(int socket) {
  while (true) {
    if (const Io io = push(socket); !moved(io)) return io;
    if (!waits_) return {};
    if (const Io io = pull(socket); !moved(io)) {
      if (io.state == Io::State::ended) return {.state = Io::State::failed, .error = ECONNRESET};
      if (io.state == Io::State::want_read) ++seen_->waited_for_bytes;
      return io;
    }
  }
}

Io StubbornLayer::read(int socket, std::span<char> into) {
  ++seen_->calls;
  if (manners_.fails_with != 0) return {.state = Io::State::failed, .error = manners_.fails_with};
  while (in_.empty()) {
    if (const Io io = push(socket); !moved(io) && manners_.insists) {
      if (io.state == Io::State::want_write) ++seen_->waited_for_room;
      return io;
    }
    if (ended_) return {.state = Io::State::ended};
    if (const Io io = pull(socket); !moved(io)) return io;
  }
  const std::size_t bytes = std::min(in_.size(), into.size());
  std::copy_n(in_.begin(), bytes, into.begin());
  in_.erase(0, bytes);
  return {.more = true, .bytes = bytes};
}

Io StubbornLayer::write(int socket, std::string_view bytes) {
  ++seen_->calls;
  took_bytes_ = false;
  if (manners_.fails_with != 0) return {.state = Io::State::failed, .error = manners_.fails_with};
  if (underway_ == 0) {
    if (std::exchange(asks_, false)) {
      add(kAsk, {});
      waits_ = true;
    }
    if (const Io io = get_ready(socket); !moved(io)) return told(io);
    underway_ = std::min(bytes.size(), kBodyBytesMax);
    add(kData, bytes.substr(0, underway_));
  }
  if (const Io io = push(socket); !moved(io)) return told(io);
  asks_ = random_() % 100 < manners_.asks_percent;
  return told({.bytes = std::exchange(underway_, 0)});
}

Io StubbornLayer::shut(int socket) {
  ++seen_->calls;
  took_bytes_ = false;
  if (std::exchange(manners_.asks_before_the_end, false)) {
    add(kAsk, {});
    waits_ = true;
  }
  if (const Io io = get_ready(socket); !moved(io)) return told(io);
  if (!std::exchange(said_end_, true)) add(kEnd, {});
  if (const Io io = push(socket); !moved(io)) return told(io);
  const Io io = Wire::shut_socket(socket);
  return moved(io) ? told(io) : io;
}

}  // namespace limpet::net::testing
