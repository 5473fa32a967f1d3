#include "value.hpp"

#include <limpet/base/duration.hpp>
#include <limpet/base/number.hpp>
#include <limpet/base/text.hpp>
#include <limpet/cluster/view.hpp>
#include <utility>

namespace limpet::limpetd {
namespace {

std::string quoted(std::string_view text) { return "'" + printable(text) + "'"; }

bool is_one_of(std::string_view choices, std::string_view text) {
  while (!choices.empty()) {
    const std::size_t end = choices.find('|');
    if (choices.substr(0, end) == text) return true;
    choices = end == std::string_view::npos ? std::string_view{} : choices.substr(end + 1);
  }
  return false;
}

std::string with_unit(Kind kind, std::int64_t number) {
  const char* unit = kind == Kind::milliseconds ? "ms" : kind == Kind::seconds ? "s" : "";
  return to_text(number) + unit;
}

Result<std::int64_t> within(const Row& row, std::int64_t number) {
  if (number >= row.min && number <= row.max) return number;
  return fail(Code::bad_config, with_unit(row.kind, number) + " is out of range: from " +
                                    with_unit(row.kind, row.min) + " to " + with_unit(row.kind, row.max));
}

Result<std::int64_t> parse_whole(const Row& row, std::string_view text) {
  const auto number = parse_int64(text);
  if (!number) return fail(Code::bad_config, quoted(text) + " is not a whole number");
  return within(row, *number);
}

Result<std::int64_t> parse_size(const Row& row, std::string_view text) {
  const auto bytes = parse_memory(text);
  if (!bytes) {
    return fail(Code::bad_config, quoted(text) + " is no size in memory; write one like 512mb or 8gb");
  }
  return within(row, static_cast<std::int64_t>(*bytes));
}

Result<std::int64_t> parse_duration(const Row& row, std::string_view text) {
  const auto ms = parse_duration_ms(text);
  if (!ms) return tl::unexpected(ms.error());
  if (row.kind == Kind::milliseconds) return within(row, *ms);
  if (*ms % 1'000 != 0) return fail(Code::bad_config, quoted(text) + " is not a number of whole seconds");
  return within(row, *ms / 1'000);
}

}  // namespace

Result<bool> parse_yes_no(std::string_view text) {
  const std::string word = to_lower(text);
  if (word == "yes" || word == "true" || word == "on" || word == "1") return true;
  if (word == "no" || word == "false" || word == "off" || word == "0") return false;
  return fail(Code::bad_config, quoted(text) + " is neither yes nor no");
}

Result<std::int64_t> parse_value(const Row& row, std::string_view text) {
  // Words that stand for what is found out at the start, or for nothing, are values too.
  if (text == row.fallback && (row.kind == Kind::whole || row.kind == Kind::address) && !parse_int64(text))
    return 0;
  switch (row.kind) {
    case Kind::text:
    case Kind::path:
      return 0;
    case Kind::address: {
      const auto address = cluster::parse_address(text);
      if (!address) return tl::unexpected(address.error());
      return 0;
    }
    case Kind::whole:
      return parse_whole(row, text);
    case Kind::memory:
      return parse_size(row, text);
    case Kind::milliseconds:
    case Kind::seconds:
      return parse_duration(row, text);
    case Kind::yes_no:
      return parse_yes_no(text).map([](bool yes) { return std::int64_t{yes}; });
    case Kind::choice: {
      if (is_one_of(row.choices, text)) return 0;
      return fail(Code::bad_config, quoted(text) + " is not one of " + std::string(row.choices));
    }
  }
  return 0;
}

}  // namespace limpet::limpetd
