// The exit codes of limpetd. Scripts and service managers rely on them.
#pragma once

namespace limpet::limpetd {

inline constexpr int kExitOk = 0;  // ended as asked
inline constexpr int kExitConfig =
    1;                                // bad configuration or usage: starting again without a change is no use
inline constexpr int kExitBind = 2;   // an address cannot be bound: perhaps in use by what runs already
inline constexpr int kExitOther = 3;  // anything else
inline constexpr int kExitDataBusy =
    4;  // the data directory is in use, full or failing: try again after that
inline constexpr int kExitDataRefused = 5;  // it is another node's, of a newer release, or damaged: no use

}  // namespace limpet::limpetd
