#include <algorithm>
#include <limpet/base/assert.hpp>
#include <limpet/cluster/copies.hpp>

namespace limpet::cluster {

std::string_view name_of(Acks acks) {
  switch (acks) {
    case Acks::none:
      return "none";
    case Acks::one:
      return "one";
    case Acks::majority:
      return "majority";
    case Acks::all:
      return "all";
  }
  LIMPET_ASSERT(false);
}

unsigned wanted(const CopiesPolicy& policy, std::size_t counted) {
  const auto here = static_cast<unsigned>(counted);
  switch (policy.acks) {
    case Acks::none:
      return 0;
    case Acks::one:
      return std::min(1U, here);
    case Acks::majority:
      return std::min(majority_of(policy.followers), here);
    case Acks::all:
      return here;
  }
  LIMPET_ASSERT(false);
}

}  // namespace limpet::cluster
