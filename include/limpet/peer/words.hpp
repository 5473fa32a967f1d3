// Words: what a node says of slots to another: which it holds or begins with, and who holds the others as far
// as it knows. Compact, as slots that a hand-over or a start has brought to one term stand together.
//
//     words   = section, section, ...
//     section = what is said (1 byte), name of a node (a byte with its length, text), and by what is said:
//       boot      id (8 bytes)                                   the highest boot of that node that is known
//       promised  slot (2), term (12), boot, attempt, bytes (8 each), term (12) and number (8) of the last
//                 change                                          what the node of that name gave to the
//                 sender. No term: it is not known yet; the term of the promise: it is of none, and number 0
//                 if nothing was ever changed
//       others    term (12), count (2), slots (2 each)
//
// Little-endian. What came from a link is never trusted: take_section() checks all lengths, slots and kinds.
#pragma once

#include <cstdint>
#include <functional>
#include <limpet/base/bytes.hpp>
#include <limpet/base/last_change.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/base/term.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace limpet::peer {

enum class Said : std::uint8_t {
  holds = 1,     // I serve these slots; no name
  begins = 2,    // they are mine by my disk, and I do not serve them before all have been heard; no name
  knows = 3,     // that node holds them, or nobody where there is no name; I do not
  boot = 4,      // that node has been started under this boot id
  promised = 5,  // that node was giving me this slot: I have all of it, and was not told yet that it is mine
};

struct Section {
  Said said{};
  std::string_view name{};
  Term term{};
  std::string_view slots{};  // by count() and slot()
  std::uint64_t boot = 0;    // of boot and promised
  std::uint64_t attempt = 0;
  std::uint64_t bytes = 0;
  std::optional<LastChange> last{};  // that is there, without its boot; none: it is not known yet

  [[nodiscard]] std::size_t count() const { return slots.size() / sizeof(Slot); }
  [[nodiscard]] Slot slot(std::size_t at) const { return load_le<Slot>(slots.data() + at * sizeof(Slot)); }
};

// Takes one off the front; false if there is none, or it is none. It points into `from`.
[[nodiscard]] bool take_section(std::string_view& from, Section& section);
// All of it is sections.
[[nodiscard]] bool are_words(std::string_view body);

// Collects what is to be said, and hands it on in bodies of kPieceBytes at most.
class WordWriter {
 public:
  using Send = std::function<void(std::string_view body)>;
  explicit WordWriter(Send send) : send_(std::move(send)) {}

  void say(Said said, std::string_view name, Term term, Slot slot) {
    groups_[{said, std::string(name), term}].push_back(slot);
  }
  void say_boot(std::string_view name, std::uint64_t boot);
  void say_promised(const Section& promise, Slot slot);
  // Whatever was said so far.
  void flush();

 private:
  void room_for(std::size_t bytes);
  void head(Said said, std::string_view name);

  Send send_;
  std::map<std::tuple<Said, std::string, Term>, std::vector<Slot>> groups_;
  Bytes body_;
};

}  // namespace limpet::peer
