#include <algorithm>
#include <limpet/base/encoding.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/base/secret_text.hpp>

namespace limpet {
namespace {

struct Line {
  int number = 0;
  std::string_view text;
};

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t") == std::string_view::npos; }

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    while (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back({number, line});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  while (!lines.empty() && is_blank(lines.back().text)) lines.pop_back();
  return lines;
}

// What is likely to be a slip, although it counts.
std::string_view oddity_of(std::string_view line) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  if (is_space(line.front()) || is_space(line.back()))
    return "begins or ends with a space, which counts as part of it";
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(line.begin(), line.end(), is_control))
    return "holds a control byte, which counts as part of it";
  return {};
}

}  // namespace

Result<SecretText> parse_secrets(std::string_view text, const std::string& where) {
  SecretText out;
  const auto at = [&](int line) { return where + ":" + std::to_string(line) + ": "; };
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
    out.warnings.push_back(at(1) + "begins with a byte order mark, which is left out; save it without one");
  }
  if (const auto fault = find_encoding_fault(text)) {
    if (fault->hopeless) return fail(Code::bad_config, at(fault->line) + fault->text);
    out.warnings.push_back(at(fault->line) + fault->text + ", or clients that send UTF-8 are refused");
  }
  std::vector<std::string> secrets;
  for (const Line& line : lines_of(text)) {
    if (is_blank(line.text)) {
      out.warnings.push_back(at(line.number) + "blank, and left out; take it out of the file");
      continue;
    }
    if (secrets.size() == kSecretsMax) {
      return fail(Code::bad_config, at(line.number) +
                                        "a third secret; at most two are accepted, the new one in the "
                                        "first line and the one before in the second");
    }
    if (const std::string_view oddity = oddity_of(line.text); !oddity.empty())
      out.warnings.push_back(at(line.number) + std::string(oddity));
    if (secrets.size() == 1 && secrets.front() == line.text) {
      out.warnings.push_back(at(line.number) + "the same as the one before it; take it out of the file");
      continue;
    }
    secrets.emplace_back(line.text);
  }
  if (secrets.empty())
    return fail(Code::bad_config, where + ": empty; it must hold the secret in its first line");
  out.secrets = Secrets(std::move(secrets));
  return out;
}

}  // namespace limpet
