#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <limpet/base/hash.hpp>
#include <limpet/base/number.hpp>
#include <limpet/journal/seals.hpp>
#include <vector>

namespace limpet::journal {

namespace {

// The words of a line, which is taken off the text.
std::vector<std::string_view> next_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const std::size_t space = std::min(line.find(' '), line.size());
    words.push_back(line.substr(0, space));
    line.remove_prefix(std::min(space + 1, line.size()));
  }
  return words;
}

std::string check_line(std::string_view before) { return fmt::format("check {:016x}\n", hash64(before)); }

}  // namespace

std::optional<std::uint64_t> Seals::end_of(const StreamName& stream) const {
  if (stream.generation >= generation) return std::nullopt;
  const auto found = ends.find(stream);
  return found == ends.end() ? 0 : found->second;
}

std::string seals_name(std::uint64_t generation) {
  return fmt::format("{:010}{}", generation, kSealsExtension);
}

std::string seals_text(const Seals& seals) {
  std::string text = fmt::format("generation {}\n", seals.generation);
  for (const auto& [stream, end] : seals.ends) {
    text += fmt::format("stream {} {} {}\n", stream.generation, stream.shard, end);
  }
  return text + check_line(text);
}

Result<Seals> read_seals(std::string_view text) {
  const auto damaged = fail(Code::bad_input, "is damaged, and says no more which changes came too late");
  const std::size_t check = text.rfind("check ");
  if (check == std::string_view::npos || text.substr(check) != check_line(text.substr(0, check)))
    return damaged;
  std::string_view rest = text.substr(0, check);
  const auto first = next_line(rest);
  const auto generation =
      first.size() == 2 && first[0] == "generation" ? parse_uint64(first[1]) : std::nullopt;
  if (!generation) return damaged;
  Seals seals{.generation = *generation, .ends = {}};
  while (!rest.empty()) {
    const auto words = next_line(rest);
    if (words.size() != 4 || words[0] != "stream") return damaged;
    const auto of = parse_uint64(words[1]);
    const auto shard = parse_uint64(words[2]);
    const auto end = parse_uint64(words[3]);
    if (!of || !shard || *shard > std::numeric_limits<std::uint32_t>::max() || !end) return damaged;
    seals.ends[{.generation = *of, .shard = static_cast<std::uint32_t>(*shard)}] = *end;
  }
  return seals;
}

}  // namespace limpet::journal
