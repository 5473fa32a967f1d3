// AdminPlaces: the connections to the admin address, of which there is a bounded number. Somebody who comes
// is never turned away: at the bound the one goes that has been there for longest, of the host that has the
// most. So whoever sends half a request as often as they can meet themselves, and a health check finds a
// place.
//
// Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limpet/base/limits.hpp>
#include <map>
#include <optional>
#include <string>

namespace limpet::node {

class AdminPlaces {
 public:
  using Number = std::uint64_t;

  // Who has to go for it: it has left already.
  [[nodiscard]] std::optional<Number> enter(Number number, const std::string& host) {
    std::optional<Number> goes;
    if (hosts_.size() >= kAdminConnectionsMax) {
      const auto most = std::max_element(queues_.begin(), queues_.end(), [](const auto& a, const auto& b) {
        return a.second.size() < b.second.size();
      });
      goes = most->second.front();
      leave(*goes);
    }
    hosts_.emplace(number, host);
    queues_[host].push_back(number);
    return goes;
  }

  // It has its answer, and only waits for the other side to close: of its host it is the first to go.
  void answered(Number number) {
    const auto found = hosts_.find(number);
    if (found == hosts_.end()) return;
    std::deque<Number>& queue = queues_.at(found->second);
    std::erase(queue, number);
    queue.push_front(number);
  }

  void leave(Number number) {
    const auto found = hosts_.find(number);
    if (found == hosts_.end()) return;
    const auto queue = queues_.find(found->second);
    std::erase(queue->second, number);
    if (queue->second.empty()) queues_.erase(queue);
    hosts_.erase(found);
  }

 private:
  std::map<Number, std::string> hosts_;
  std::map<std::string, std::deque<Number>> queues_;  // by host, in the order in which they came
};

}  // namespace limpet::node
