// Members: all nodes that this one has ever known, each with a number that it keeps, and the cluster file in
// force.
//
// The numbers are kept on the disk (handoff/title_book.hpp): titles name nodes by them. A node that leaves
// the file stays known, for it may hold slots still; and so is one that connects though this node has not
// read of it yet.
//
// Owned by whoever swaps views, on one thread; the views that it makes are free.
#pragma once

#include <limpet/base/result.hpp>
#include <limpet/cluster/view.hpp>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet::cluster {

// What a node says of its leaving. Its words of one boot are numbered, as they come over several links.
struct LeaveWord {
  std::uint64_t boot = 0;
  std::uint32_t change = 0;  // how often it has changed its mind in that boot
  bool leaving = false;
  bool first = false;  // that is heard over a link: whoever said it was alive when the link was made
};

class Members {
 public:
  // By number.
  explicit Members(std::vector<std::string> names = {}) : names_(std::move(names)) {}

  // The file in force from now on. Error: it names more nodes than can be known.
  [[nodiscard]] Result<void> set_file(View file);
  // A node that said who it is. False: that is known, or the file knows better, or there are too many.
  [[nodiscard]] bool introduce(std::string_view name, const Address& client, const Address& peer);

  // A node itself says that it is leaving, or is not. False: that is known, or was said before what is known.
  [[nodiscard]] bool told(std::string_view name, const LeaveWord& word);

  // May one be introduced that no file has named yet?
  [[nodiscard]] bool may_add_guest() const;

  [[nodiscard]] const View& file() const { return file_; }
  // The file's, its nodes by their numbers. Those that the file does not name are not listed and own nothing,
  // and what is placed on those that are leaving is with others.
  [[nodiscard]] View view() const;
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

 private:
  void know(const Node& node);
  [[nodiscard]] bool numbered(std::string_view name) const;
  [[nodiscard]] const Node* find(std::string_view name) const;  // null: nothing is known but its name

  std::vector<std::string> names_;
  std::map<std::string, LeaveWord, std::less<>> leaving_;
  std::vector<Node> known_;  // in the order of their coming, as they were last seen
  View file_;
};

}  // namespace limpet::cluster
