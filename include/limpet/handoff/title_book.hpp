// TitleBook: all that a node has to know of its slots across a restart, and the bytes of the file that keeps
// it.
//
//     file   = head, record, record, ...
//     head   = "LMPTITLE", format (4 bytes), 0 (4 bytes), nonce (8 bytes)
//     record = length of the body (4 bytes), check (8 bytes), body; the check is XXH3 of the body, seeded
//              with the nonce and the record's place in the file
//     body   = item, item, ...: all that was written and synced together
//     item   = length of the rest (4 bytes), kind (1 byte), and by kind:
//       boot      id (8 bytes)                        a start; above all before (boot_id())
//       stopped   -                                   the end of that boot, in good order
//       name      member (2 bytes), name              from here on the member is this node
//       titles    title, title, ... (title.hpp)       these slots from here on
//       founded   digest (8 bytes)                    the placement by which it claimed its first titles
//       view      epoch (8 bytes), text               the cluster file in force
//       self      text                                where this node is to be found, as its file last had
//       it:
//                                                     addresses for clients, nodes and HTTP, a line each
//       seen      member (2 bytes), id (8 bytes)      the highest boot of another node that was heard of
//
//   All integers are little-endian. Format 2. In format 1, of limpet 0.1.0, terms have their first part alone
//   (8 bytes), and boots have no random part: term t is (t, 0), boot n is boot_id(n, 0). Such a file is read,
//   and written anew in format 2 at the start.
//
// The file is written whole at a start and grows by records; each is acted on only once it is on the disk,
// and before the next is written. So a last record that is not whole was never acted on, and is dropped.
// Anything else that is broken is damage.
//
// A value, owned by whoever keeps the titles; it knows no file.
#pragma once

#include <cstdint>
#include <limpet/base/bytes.hpp>
#include <limpet/base/result.hpp>
#include <limpet/handoff/title.hpp>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet::handoff {

class TitleBook {
 public:
  TitleBook() : titles_(kSlots) {}

  // Reads a file. Error: what is wrong, and where. `dropped`: bytes of a last record that is not whole.
  [[nodiscard]] static Result<TitleBook> read(std::string_view file, std::size_t* dropped = nullptr);
  // In which the file stood that was read.
  [[nodiscard]] TitleFormat format() const { return format_; }

  // A whole file; whoever appends to it goes on with the same nonce, from its size.
  [[nodiscard]] Bytes write(std::uint64_t nonce) const;

  // ---- What it knows ----
  [[nodiscard]] const SlotTitle& title(Slot slot) const { return titles_[slot]; }
  [[nodiscard]] const std::vector<SlotTitle>& titles() const { return titles_; }  // by slot
  // It has never held a slot, nor had anything else to do with one.
  [[nodiscard]] bool fresh() const;
  [[nodiscard]] std::uint64_t boot() const { return boot_; }
  // Did the last boot end in good order?
  [[nodiscard]] bool stopped() const { return stopped_; }
  // The boot before this one did not, so that the terms were raised.
  [[nodiscard]] bool raised() const { return raised_; }
  [[nodiscard]] std::uint64_t founded() const { return founded_; }  // 0: it has never claimed a title
  [[nodiscard]] std::uint64_t epoch() const { return epoch_; }      // 0: no view was in force
  [[nodiscard]] const std::string& view() const { return view_; }
  // Its addresses, as above; empty: it has not been told.
  [[nodiscard]] const std::string& self() const { return self_; }
  // By member.
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  // The highest boots of other nodes.
  [[nodiscard]] const std::map<Member, std::uint64_t>& seen() const { return seen_; }

  // ---- What happens; TitleLog writes the same ----
  void boot(std::uint64_t id);
  void raise();  // the last boot did not stop cleanly: the terms of what is owned rise
  void stop() { stopped_ = true; }
  // The member of that name, new if need be. Error: there are too many.
  [[nodiscard]] Result<Member> member(std::string_view name);
  void set(Slot slot, const SlotTitle& title) { titles_[slot] = title; }
  void found(std::uint64_t digest) { founded_ = digest; }
  void set_view(std::uint64_t epoch, std::string_view text);
  void see(Member member, std::uint64_t boot) { seen_[member] = boot; }
  void set_self(std::string_view text) { self_ = text; }

 private:
  [[nodiscard]] bool take(std::string_view body);
  [[nodiscard]] bool take_item(std::string_view item);

  TitleFormat format_ = TitleFormat::current;
  std::uint64_t boot_ = 0;
  bool stopped_ = true;
  bool raised_ = false;
  std::uint64_t founded_ = 0;
  std::uint64_t epoch_ = 0;
  std::string view_;
  std::string self_;
  std::vector<std::string> names_;
  std::map<Member, std::uint64_t> seen_;
  std::vector<SlotTitle> titles_;
};

// Makes records: what is told between two calls of seal() is one, there in whole after a crash or not at all.
class TitleLog {
 public:
  // `size`: of the file.
  TitleLog(std::uint64_t nonce, std::uint64_t size) : nonce_(nonce), at_(size) {}

  void boot(std::uint64_t id);
  void stopped();
  void name(Member member, std::string_view name);
  void titles(const std::vector<std::pair<Slot, SlotTitle>>& titles);
  void founded(std::uint64_t digest);
  void view(std::uint64_t epoch, std::string_view text);
  void seen(Member member, std::uint64_t boot);
  void self(std::string_view text);
  // Appends the record to what is to be written next.
  void seal(Bytes& out);

 private:
  // An item begins; what is appended to body_ before end_item() is the rest of it.
  enum class Kind : std::uint8_t {
    boot = 1,
    stopped = 2,
    name = 3,
    titles = 4,
    founded = 5,
    view = 6,
    self = 7,
    seen = 8
  };
  friend class TitleBook;
  void begin_item(Kind kind);
  void end_item();

  std::uint64_t nonce_;
  std::uint64_t at_;
  Bytes body_;
  std::size_t item_at_ = 0;
};

}  // namespace limpet::handoff
