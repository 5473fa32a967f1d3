// A stream of changes in its files, as a node writes them, and what is read of such files.
#pragma once

#include <limpet/journal/recovery.hpp>
#include <limpet/journal/writer.hpp>
#include <string>
#include <utility>
#include <vector>

namespace limpet::journal {

inline constexpr std::uint64_t kNonce = 0x1234567890abcdef;

// The files of a stream of one shard, made as a node makes them.
class Stream {
 public:
  explicit Stream(std::uint64_t generation = 1, SegmentHeader header = {}, std::uint32_t boot = 0)
      : header_(header), writer_(kNonce + generation, boot) {
    header_.stream.generation = generation;
    header_.nonce = kNonce + generation;
    begin_file();
  }

  void change(Slot slot, std::string_view text) {
    writer_.change_of(slot).erase(text);
    writer_.end_command();
    flush();
  }
  // The same of a change that its owner made.
  void append(Slot slot, const LastChange& made, std::string_view text) {
    Bytes bytes;
    store::EffectWriter effects;
    effects.begin(bytes);
    effects.erase(text);
    writer_.append(slot, made, bytes.view());
    flush();
  }
  void mark(std::uint64_t position) {
    writer_.mark(position);
    flush();
  }
  void mark() { mark(writer_.position()); }
  void begin_file() {
    header_.position = writer_.position();
    ++header_.number;
    Bytes head;
    append_header(head, header_);
    files.emplace_back(file_name(header_), std::string(head.view()));
  }
  [[nodiscard]] std::size_t size() const { return files.back().second.size(); }
  [[nodiscard]] Writer& writer() { return writer_; }

  std::vector<std::pair<std::string, std::string>> files;

 private:
  void flush() { files.back().second += writer_.take().view(); }

  SegmentHeader header_;
  Writer writer_;
};

using Files = std::vector<std::pair<std::string, std::string>>;

class Recovered {
 public:
  explicit Recovered(const Files& files, const Seals& seals = {}) : files_(files) {
    for (const auto& [name, bytes] : files_) recovery.add(name, bytes);
    recovery.seal(seals);
    recovery.finish();
  }
  std::vector<std::string> changes(Slot slot) const {
    std::vector<std::string> all;
    recovery.each_change(slot, [&](std::string_view effects) { all.emplace_back(effects.substr(2)); });
    return all;
  }
  [[nodiscard]] std::size_t damaged() const {
    std::size_t count = 0;
    for (unsigned slot = 0; slot < kSlots; ++slot)
      count += recovery.damaged(static_cast<Slot>(slot)) ? 1U : 0U;
    return count;
  }
  Recovery recovery;

 private:
  Files files_;
};

}  // namespace limpet::journal
