// Crash points: the places of a hand-over that have a name, so that a test can end a process at just that
// one.
//
// Whoever reaches one tells the CrashHook that it was given; most are given none. A new one is a new row
// here, and tests/e2e/test_kill_points.py takes it from there.
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

// A step without a message bears the kind of the one that it unblocks.
struct CrashPoint {
  std::string_view name;
  Step step;
  Kind kind;
};

inline constexpr std::array kCrashPoints = {
    // Of the source.
    CrashPoint{"asks-begin", Step::asks, Kind::begin},
    CrashPoint{"hears-ready", Step::hears, Kind::ready},
    CrashPoint{"asks-piece", Step::asks, Kind::piece},
    CrashPoint{"hears-taken", Step::hears, Kind::taken},
    CrashPoint{"freezes", Step::freezes, Kind::finish},
    CrashPoint{"asks-finish", Step::asks, Kind::finish},
    CrashPoint{"hears-prepared", Step::hears, Kind::prepared},
    CrashPoint{"writes-ceded", Step::writes, Kind::grant},
    CrashPoint{"appends-ceded", Step::appends, Kind::grant},
    CrashPoint{"syncs-ceded", Step::syncs, Kind::grant},
    CrashPoint{"asks-grant", Step::asks, Kind::grant},
    CrashPoint{"hears-owned", Step::hears, Kind::owned},
    CrashPoint{"drops-copy", Step::drops, Kind::owned},
    CrashPoint{"hears-ask", Step::hears, Kind::ask},
    CrashPoint{"answers-committed", Step::answers, Kind::committed},
    // Of the target.
    CrashPoint{"hears-begin", Step::hears, Kind::begin},
    CrashPoint{"answers-ready", Step::answers, Kind::ready},
    CrashPoint{"hears-piece", Step::hears, Kind::piece},
    CrashPoint{"answers-taken", Step::answers, Kind::taken},
    CrashPoint{"hears-finish", Step::hears, Kind::finish},
    CrashPoint{"writes-promise", Step::writes, Kind::prepared},
    CrashPoint{"appends-promise", Step::appends, Kind::prepared},
    CrashPoint{"syncs-promise", Step::syncs, Kind::prepared},
    CrashPoint{"answers-prepared", Step::answers, Kind::prepared},
    CrashPoint{"hears-grant", Step::hears, Kind::grant},
    CrashPoint{"asks-fate", Step::asks, Kind::ask},
    CrashPoint{"hears-committed", Step::hears, Kind::committed},
    CrashPoint{"writes-own", Step::writes, Kind::owned},
    CrashPoint{"appends-own", Step::appends, Kind::owned},
    CrashPoint{"syncs-own", Step::syncs, Kind::owned},
    CrashPoint{"answers-owned", Step::answers, Kind::owned},
};

// From whatever thread gets there.
using CrashHook = std::function<void(Step, Kind)>;

}  // namespace limpet::handoff
