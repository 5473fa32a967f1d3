#include <algorithm>
#include <limpet/replica/policy.hpp>

namespace limpet::replica {

unsigned wanted(const Policy& policy, std::size_t counted) {
  const auto here = static_cast<unsigned>(counted);
  switch (policy.acks) {
    case Acks::none:
      return 0;
    case Acks::one:
      return std::min(1U, here);
    case Acks::majority:
      return std::min((policy.followers + 1) / 2, here);
    case Acks::all:
      return here;
  }
  return here;
}

}  // namespace limpet::replica
