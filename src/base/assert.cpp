#include <limpet/base/assert.hpp>

#include <cstdio>
#include <cstdlib>

namespace limpet {

void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "limpet: %s:%d: assertion failed: %s\n", file, line, condition);
  std::abort();
}

}  // namespace limpet
