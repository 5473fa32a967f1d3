#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <limpet/base/number.hpp>
#include <limpet/base/text.hpp>
#include <limpet/node/kill_at.hpp>
#include <memory>
#include <string>

namespace limpet::node {

using handoff::CrashPoint;
using handoff::kCrashPoints;

Result<KillAt> parse_kill_at(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  const auto moment = std::find_if(kCrashPoints.begin(), kCrashPoints.end(),
                                   [&](const CrashPoint& known) { return known.name == name; });
  if (moment == kCrashPoints.end()) {
    std::string names;
    for (const CrashPoint& known : kCrashPoints)
      names += (names.empty() ? "" : ", ") + std::string(known.name);
    return fail(Code::bad_config,
                "no moment of a hand-over is called '" + printable(name) + "'; there are " + names);
  }
  if (colon == std::string_view::npos) return KillAt{*moment};
  const auto time = parse_uint64(text.substr(colon + 1));
  if (!time || *time == 0) {
    return fail(Code::bad_config,
                "'" + printable(text) + "': behind the colon stands how often it gets there, from 1");
  }
  return KillAt{*moment, *time};
}

handoff::CrashHook killing_at(const KillAt& wanted) {
  // A function has to be copyable, a counter is not.
  auto times = std::make_shared<std::atomic<std::uint64_t>>(0);
  return [wanted, times](handoff::Step step, handoff::Kind kind) {
    if (step != wanted.moment.step || kind != wanted.moment.kind) return;
    if (++*times == wanted.time) ::kill(::getpid(), SIGKILL);
  };
}

}  // namespace limpet::node
