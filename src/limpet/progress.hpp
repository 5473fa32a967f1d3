// Progress: how far the slots of a cluster have got to where they are to be, from what CLUSTER STATUS says.
// Pure.
#pragma once

#include <cstdint>
#include <limpet/resp/value.hpp>
#include <string>
#include <string_view>

namespace limpet::client {

struct Progress {
  std::uint64_t left = 0;      // slots that are to go elsewhere, or on their way
  std::string waits_for = {};  // what has to happen besides; empty: nothing
  bool settled = false;        // there is nothing to wait for any more
  bool lost = false;           // and there never will be: it is not as it should be
};

// Of the whole cluster.
[[nodiscard]] Progress progress_of(const resp::Value& status);
// Of a node that gives everything away.
[[nodiscard]] Progress progress_of_node(const resp::Value& status, std::string_view name);

// In one line. `most`: that were left at any time. `bar`: with a picture.
[[nodiscard]] std::string progress_text(const Progress& progress, std::uint64_t most, bool bar);

}  // namespace limpet::client
