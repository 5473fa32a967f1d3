// Dial: a connection to another node that is to be made.
#pragma once

#include <limpet/base/stream.hpp>
#include <limpet/cluster/view.hpp>

namespace limpet::links {

struct Dial {
  StreamId stream;
  cluster::NodeIndex node;
  cluster::Address address;
};

}  // namespace limpet::links
