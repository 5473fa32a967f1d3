// Descriptors 0, 1 and 2. A process may be started without some of them (by cron, or an old init script), and
// then the next file or socket that it opens takes the place: what is meant for the terminal would go there.
#pragma once

namespace limpet::net {

// Opens /dev/null for those that are closed. To be called first of all.
void hold_standard_descriptors();

}  // namespace limpet::net
