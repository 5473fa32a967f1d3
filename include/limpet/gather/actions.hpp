// Actions: what is to be done for the commands of several parts that are under way, in this order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limpet/base/bytes.hpp>
#include <limpet/base/lsn.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/base/slot_set.hpp>
#include <limpet/base/stream.hpp>
#include <limpet/command/command.hpp>
#include <limpet/forward/pending.hpp>
#include <limpet/gather/part.hpp>
#include <limpet/resp/reply.hpp>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace limpet::gather {

using forward::Origin;

// Somebody is to run its part; the answer goes to Gathers::answered().
struct Ask {
  enum class Whom : std::uint8_t {
    node,    // as a whole: `target` is its index in the view
    shard,   // of this node: `target` is its index
    holder,  // whoever holds `slot`
  };
  Whom whom = Whom::node;
  std::uint16_t target = 0;
  Slot slot = forward::kNoSlot;
  Origin part{};
  resp::Version version = resp::Version::resp2;
  bool write = false;
  bool authenticated = true;
  bool safe_first = false;  // what its answer shows has to be safe before it counts
  std::size_t first_word = 0;
  std::size_t words = 0;
};

// Where are these slots? The answer goes to Gathers::located().
struct Locate {
  std::uint64_t gather = 0;
  StreamId asker{};                // of the whole
  const SlotSet* slots = nullptr;  // of Actions::slot_sets
};

// Is it of no use to ask for this slot again? The answer goes to Gathers::explained().
struct Explain {
  std::uint64_t gather = 0;
  Slot slot = 0;
  std::int64_t until_ms = 0;  // steady: by then it is given up
};

// So many bytes are kept for whoever asked, instead of those before.
struct Account {
  Origin asker{};
  std::size_t before = 0;
  std::size_t now = 0;
};

// The command has ended. Bytes on the asker's account are given back, and the reply leaves once what it shows
// is safe.
struct Reply {
  Origin asker{};
  Bytes body;
  Lsn lsn = 0;
  std::size_t charged = 0;
};

// The same, of a command whose reply is a report: it is to be made of these parts.
struct Report {
  Origin asker{};
  command::Merge merge = command::Merge::none;
  bool part = false;  // the reply is one of another node's parts
  resp::Version version = resp::Version::resp2;
  std::vector<Part> parts;
  std::vector<std::string> args;
  Lsn lsn = 0;
  std::size_t charged = 0;
};

using Action = std::variant<Ask, Locate, Explain, Account, Reply, Report>;

struct Actions {
  std::vector<Action> list;
  std::vector<std::string_view> words;  // of all that are asked
  std::deque<SlotSet> slot_sets;

  [[nodiscard]] command::Args args(const Ask& ask) const {
    return command::Args(words).subspan(ask.first_word, ask.words);
  }
  [[nodiscard]] bool empty() const { return list.empty(); }
  void clear() {
    list.clear();
    words.clear();
    slot_sets.clear();
  }
};

}  // namespace limpet::gather
