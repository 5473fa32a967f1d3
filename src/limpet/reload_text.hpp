// What nodes say that a reload would do (CLUSTER CHECK), and what follows for all of them together. Pure.
#pragma once

#include <cstdint>
#include <limpet/resp/value.hpp>
#include <string>
#include <vector>

namespace limpet::client {

// A node's cluster file, as the node tells of it.
struct NodeFile {
  enum class Verdict : std::uint8_t {
    takes,    // a reload would change something
    nothing,  // all that it says is in force
    refuses,  // a reload would change nothing, as it is wrong
    silent,   // the node does not answer
  };
  std::string node;  // empty: the one that is asked alone
  Verdict verdict = Verdict::silent;
  std::string file;
  std::uint64_t epoch = 0;          // 0: not known
  std::string content;              // its digest
  std::vector<std::string> awaits;  // the nodes that it wants up
  std::string says;                 // what would change, or why nothing would
  bool keeps = false;               // something in it waits for a restart
};

// Of its reply, which may be an error.
[[nodiscard]] NodeFile node_file(std::string node, const resp::Value& reply);

struct ReloadCheck {
  bool refused = false;  // one would refuse, or the files differ: none is to be reloaded
  bool whole = true;     // after a reload everything that the files say is in force
  std::string text;      // a line for each node
};
[[nodiscard]] ReloadCheck check_reload(const std::vector<NodeFile>& files);

}  // namespace limpet::client
