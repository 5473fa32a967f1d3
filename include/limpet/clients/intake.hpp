// Intake: from a client's bytes to requests, one turn of one client at a time.
//
// A pipeline is read some requests at a time, so that the memory that all of them need can be fetched at once
// (ParsedRequest). Each is then taken as if it had just been read. A turn ends where the client may not have
// more taken: its replies pile up, or its quantum is used up, so that its pipeline does not keep the others
// waiting.
//
//     begin() --> read_ahead() --> next(), took() ... --> end_batch() --> read_ahead() ... --> taken()
//
// Owned by a shard, on its thread. Whoever takes the requests asks for them; nothing is called back.
#pragma once

#include <array>
#include <cstddef>
#include <limpet/base/limits.hpp>
#include <limpet/base/text.hpp>
#include <limpet/clients/client.hpp>
#include <limpet/clients/parsed_request.hpp>
#include <span>
#include <string_view>
#include <utility>

namespace limpet::clients {

class Intake {
 public:
  // A turn begins: `bytes` is all that waits of the client. They outlive the turn.
  void begin(Client& client, std::string_view bytes) {
    bytes_ = bytes;
    out_before_ = client.out.size();
    unseen_ = taken_ = commands_ = 0;
    // Who was stalled may be so again at once, and would have read in vain.
    width_ = client.turn.begin() ? 1 : kLookAheadMax;
    goes_on_ = true;
  }
  // Nothing is taken in this turn.
  void skip() { goes_on_ = false; }
  [[nodiscard]] bool goes_on(const Client& client) const {
    return goes_on_ && taken_ < bytes_.size() && !client.ending;
  }
  // Reads the next requests. Returns the keys among them that are here, as `is_here(slot)` has it.
  template <class IsHere>
  std::span<KeyRef* const> read_ahead(Client& client, IsHere is_here);
  // The next of those that were read; null: there is none. The last one may be anything, and those before it
  // are commands of authenticated clients that change nothing in how the next is read.
  [[nodiscard]] ParsedRequest* next() { return at_ < count_ ? &parsed_[at_] : nullptr; }
  void took(const ParsedRequest& request) {
    taken_ += request.step.consumed;
    ++commands_;
    ++at_;
  }
  // No more of those that were read is taken.
  void end_batch(Client& client);
  // How many bytes were taken in this turn, and which were not.
  [[nodiscard]] std::size_t taken() const { return taken_; }
  [[nodiscard]] std::string_view rest() const { return bytes_.substr(taken_); }

  // ---- The quantum ----
  // It has had so much that its `out` does not show.
  void spend(std::size_t bytes) { unseen_ += bytes; }
  [[nodiscard]] bool is_used_up(const Client& client) const {
    return commands_ == kTurnCommandsMax || client.out.size() - out_before_ + unseen_ > kTurnReplyBytes;
  }

 private:
  std::string_view bytes_;
  std::size_t taken_ = 0;  // bytes of them
  std::size_t commands_ = 0;
  std::size_t out_before_ = 0;
  std::size_t unseen_ = 0;  // bytes of replies
  std::size_t width_ = kLookAheadMax;
  bool goes_on_ = false;

  std::array<ParsedRequest, kLookAheadMax> parsed_;
  std::array<KeyRef*, kLookAheadMax> here_{};
  std::size_t count_ = 0;  // of parsed_, that were read
  std::size_t at_ = 0;     // the next of them
};

// What a client may send in one request.
[[nodiscard]] inline resp::RequestLimits limits_of(const Client& client) {
  if (client.authenticated) return {kRequestArgsMax, kBulkBytesMax, kRequestBytesMax, true};
  return {kUnauthArgsMax, kUnauthBulkBytesMax, kUnauthRequestBytesMax, false};
}

template <class IsHere>
inline std::span<KeyRef* const> Intake::read_ahead(Client& client, IsHere is_here) {
  const resp::RequestLimits limits = limits_of(client);
  const std::string_view bytes = bytes_.substr(taken_);
  const std::size_t most = client.authenticated ? std::exchange(width_, kLookAheadMax) : 1;
  std::size_t keys = 0;
  std::size_t count = 0;
  for (std::size_t at = 0; count < most && at < bytes.size();) {
    ParsedRequest& next = parsed_[count++];
    next.has_key = false;
    const bool line = bytes[at] != '*';  // its words live in the parser
    next.step = client.parser.next({bytes.data() + at, bytes.size() - at}, limits, next.args);
    if (next.step.kind != resp::RequestStep::Kind::command) break;
    at += next.step.consumed;
    // Pipelines mostly repeat a command.
    next.spec = count > 1 && same_word(next.args[0], parsed_[count - 2].args[0])
                    ? parsed_[count - 2].spec
                    : command::find(next.args[0]);
    if (next.spec == nullptr || next.spec->scope != command::Scope::session) break;
    if (next.spec->route_key() < next.args.size()) {
      next.has_key = true;
      next.key.set(next.args[next.spec->route_key()]);
      if (is_here(next.key.slot)) here_[keys++] = &next.key;
    }
    if (line || next.args.size() > kAheadArgsMax) break;
  }
  count_ = count;
  at_ = 0;
  return {here_.data(), keys};
}

}  // namespace limpet::clients
