// Moments: the places of a hand-over that have a name, so that a test can end a process at just that one.
//
// Whoever gets to one tells the Passing that it was given; most are given none. A new one is a new row here,
// and tests/e2e/test_kill_points.py takes it from there.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <limpet/handoff/message.hpp>
#include <string_view>

namespace limpet::handoff {

enum class Step : std::uint8_t {
  asks,     // a question is about to leave
  hears,    // a question or an answer has come, and nothing was done about it yet
  answers,  // an answer is about to leave
  freezes,  // commands for the slot are about to wait
  writes,   // a title is about to be written
  appends,  // it was written, and not synced
  syncs,    // it was synced, and nobody knows it yet
  drops,    // the copy in memory has gone, and nobody knows it yet
};

// Of steps that are about no message: with the one that they let leave.
struct Moment {
  std::string_view name;
  Step step;
  Kind kind;
};

inline constexpr std::array kMoments = {
    // Of the source.
    Moment{"asks-begin", Step::asks, Kind::begin},
    Moment{"hears-ready", Step::hears, Kind::ready},
    Moment{"asks-piece", Step::asks, Kind::piece},
    Moment{"hears-taken", Step::hears, Kind::taken},
    Moment{"freezes", Step::freezes, Kind::finish},
    Moment{"asks-finish", Step::asks, Kind::finish},
    Moment{"hears-prepared", Step::hears, Kind::prepared},
    Moment{"writes-ceded", Step::writes, Kind::grant},
    Moment{"appends-ceded", Step::appends, Kind::grant},
    Moment{"syncs-ceded", Step::syncs, Kind::grant},
    Moment{"asks-grant", Step::asks, Kind::grant},
    Moment{"hears-owned", Step::hears, Kind::owned},
    Moment{"drops-copy", Step::drops, Kind::owned},
    Moment{"hears-ask", Step::hears, Kind::ask},
    Moment{"answers-committed", Step::answers, Kind::committed},
    // Of the target.
    Moment{"hears-begin", Step::hears, Kind::begin},
    Moment{"answers-ready", Step::answers, Kind::ready},
    Moment{"hears-piece", Step::hears, Kind::piece},
    Moment{"answers-taken", Step::answers, Kind::taken},
    Moment{"hears-finish", Step::hears, Kind::finish},
    Moment{"writes-promise", Step::writes, Kind::prepared},
    Moment{"appends-promise", Step::appends, Kind::prepared},
    Moment{"syncs-promise", Step::syncs, Kind::prepared},
    Moment{"answers-prepared", Step::answers, Kind::prepared},
    Moment{"hears-grant", Step::hears, Kind::grant},
    Moment{"asks-fate", Step::asks, Kind::ask},
    Moment{"hears-committed", Step::hears, Kind::committed},
    Moment{"writes-own", Step::writes, Kind::owned},
    Moment{"appends-own", Step::appends, Kind::owned},
    Moment{"syncs-own", Step::syncs, Kind::owned},
    Moment{"answers-owned", Step::answers, Kind::owned},
};

// From whatever thread gets there.
using Passing = std::function<void(Step, Kind)>;

}  // namespace limpet::handoff
