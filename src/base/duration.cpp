#include <algorithm>
#include <array>
#include <limpet/base/duration.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/base/number.hpp>
#include <limpet/base/text.hpp>
#include <string>

namespace limpet {

namespace {

struct UnitOfTime {
  std::string_view name;
  std::int64_t ms;
};
constexpr std::array kUnitsOfTime = {UnitOfTime{"ms", 1}, UnitOfTime{"s", 1'000}, UnitOfTime{"m", 60'000},
                                     UnitOfTime{"h", 3'600'000}};

}  // namespace

Result<std::int64_t> parse_duration_ms(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto count = parse_int64(text.substr(0, digits));
  const std::string_view name = text.substr(digits);
  if (count && name.empty()) {
    if (*count == 0) return 0;
    const std::string n(text);
    return fail(Code::bad_config, n + " has no unit; write " + n + "ms or " + n + "s");
  }
  for (const UnitOfTime& unit : kUnitsOfTime) {
    if (!count || name != unit.name) continue;
    if (const auto ms = checked_mul(*count, unit.ms)) return *ms;
  }
  return fail(Code::bad_config,
              "'" + printable(text) + "' is not a duration; write one like 500ms, 2s, 1m or 1h");
}

}  // namespace limpet
