// What the tests of this room share: an engine, and commands by their words.
#pragma once

#include <gtest/gtest.h>

#include <limpet/engine/engine.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::engine {

inline constexpr journal::SegmentHeader kStreamOfTest{.stream = {.generation = 1, .shard = 0}, .nonce = 77};

struct Ran {
  std::string reply;
  Lsn lsn = 0;
};

// The words of a line, as a client sends them.
inline Ran run(Engine& engine, const std::string& line, Now now = {1'000, 1'700'000'000'000}) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  const std::vector<std::string_view> args(words.begin(), words.end());
  const command::Spec* const spec = command::find(args[0]);
  EXPECT_NE(spec, nullptr) << line;
  Bytes out;
  const KeyRef key = args.size() > 1 ? KeyRef::of(args[1]) : KeyRef{};
  const bool keyed = spec->route_key() == 1 && args.size() > 1;
  const Executed done = engine.run({*spec, args, resp::Version::resp2, keyed ? &key : nullptr}, out, now);
  return {std::string(out.view()), done.reply_lsn};
}

// Takes what is to be written, and says that it is safe.
inline Lsn write_all(Engine& engine) {
  if (engine.has_changes()) (void)engine.take_changes();
  engine.durable(engine.feed().end());
  return engine.feed().end();
}

}  // namespace limpet::engine
