#include "merge.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <limpet/base/text.hpp>

#include "value.hpp"

namespace limpet::limpetd {
namespace {

constexpr std::string_view kPrefix = "LIMPET_";
// A variable of the line client that limpetd has no use for.
constexpr std::string_view kClientVariable = "LIMPET_SERVER";

struct SecretPair {
  Name literal;
  Name file;
};
constexpr std::array kSecretPairs = {SecretPair{"password", "password-file"},
                                     SecretPair{"secret", "secret-file"}};

bool is_flag(const Row& row) { return row.from != From::environment; }
bool is_server_key(const Row& row) { return row.from == From::anywhere; }

Result<void> set(Values& values, std::size_t index, std::string text, Origin origin, std::string where) {
  const auto number = parse_value(kRows[index], text);
  if (!number) return fail(Code::bad_config, where + ": " + number.error().text);
  values.at(index) = {std::move(text), *number, origin, std::move(where)};
  return {};
}

Result<void> take_defaults(Values& values) {
  for (std::size_t i = 0; i < kRowCount; ++i) {
    if (auto done = set(values, i, std::string(kRows[i].fallback), Origin::fallback, "default"); !done)
      return done;
  }
  return {};
}

Result<void> take_environment(Values& values, const Environment& environment) {
  for (std::size_t i = 0; i < kRowCount; ++i) {
    const auto found = environment.find(variable_of(kRows[i]));
    if (found == environment.end()) continue;
    if (found->second.empty()) {
      // A secret that did not arrive must not mean "no secret"; for the others, empty is the usual way to say
      // nothing.
      if (kRows[i].from != From::environment) continue;
      return fail(Code::bad_config, found->first + " is set but empty; unset it, or put the secret in");
    }
    if (auto done = set(values, i, found->second, Origin::environment, found->first); !done) return done;
  }
  return {};
}

Result<void> take_flags(Values& values, const FlagTexts& flags) {
  for (std::size_t i = 0; i < kRowCount; ++i) {
    if (!flags[i] || !is_flag(kRows[i])) continue;
    if (auto done = set(values, i, *flags[i], Origin::flag, flag_of(kRows[i])); !done) return done;
  }
  return {};
}

std::string unknown_key(const std::string& key) {
  std::vector<std::string> known;
  for (const Row& row : kRows) {
    if (is_server_key(row)) known.push_back(server_key_of(row));
  }
  const std::string near = nearest(key, known);
  return "unknown key '" + printable(key) + "' in [server]" +
         (near.empty() ? "" : "; did you mean '" + near + "'?");
}

// What to write instead of a key that is a setting, but not one of [server].
std::string misplaced_key(const Row& row) {
  if (row.from == From::alone)
    return server_key_of(row) + " does not belong in [server]; each [[node]] has its own addresses";
  if (row.from == From::environment)
    return "a secret does not belong in this file; name a file with " + server_key_of(row) + "_file";
  return server_key_of(row) + " does not belong in [server]; it is a flag: " + flag_of(row);
}

Result<void> take_server(Values& values, const cluster::ServerTable& server, const std::string& file) {
  for (const auto& [key, setting] : server) {
    const std::string where = file + ":" + std::to_string(setting.line);
    const auto fault_at = [&](int column, const std::string& text) {
      return fail(Code::bad_config, where + ":" + std::to_string(column) + ": " + text);
    };
    const auto row =
        std::find_if(kRows.begin(), kRows.end(), [&](const Row& r) { return server_key_of(r) == key; });
    if (row == kRows.end()) return fault_at(setting.column, unknown_key(key));
    if (!is_server_key(*row)) return fault_at(setting.column, misplaced_key(*row));
    const auto index = static_cast<std::size_t>(row - kRows.begin());
    const std::string text = row->kind == Kind::path ? beside(file, setting.value) : setting.value;
    if (auto done = set(values, index, text, Origin::file, where); !done) {
      return fault_at(setting.value_column, key + ": " + done.error().text.substr(where.size() + 2));
    }
  }
  return {};
}

// A password named twice at the same rank: which one is meant?
Result<void> refuse_two_secrets(const Values& values) {
  for (const auto& [literal, file] : kSecretPairs) {
    if (values.given(literal) && values[file].origin == Origin::environment) {
      return fail(Code::bad_config,
                  values[literal].where + " and " + values[file].where + " are both set; keep one");
    }
  }
  return {};
}

}  // namespace

Environment read_environment() {
  Environment found;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (!text.starts_with(kPrefix) || equals == std::string_view::npos) continue;
    found.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return found;
}

Result<Values> merge_without_file(const Given& given) { return merge(given, {}, ""); }

Result<Values> merge(const Given& given, const cluster::ServerTable& server, const std::string& file) {
  Values values;
  auto done = take_defaults(values);
  if (done) done = take_server(values, server, file);
  if (done) done = take_environment(values, given.environment);
  if (done) done = refuse_two_secrets(values);
  if (done) done = take_flags(values, given.flags);
  if (!done) return tl::unexpected(done.error());
  return values;
}

std::vector<std::string> unknown_variables(const Environment& environment) {
  std::vector<std::string> known = {std::string(kClientVariable), std::string(kKillVariable)};
  for (const Row& row : kRows) known.push_back(variable_of(row));
  std::vector<std::string> warnings;
  for (const auto& [name, value] : environment) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string near = nearest(name, known);
    warnings.push_back("environment variable " + printable(name) + " means nothing to limpetd" +
                       (near.empty() ? "" : "; did you mean " + near + "?"));
  }
  return warnings;
}

std::string beside(const std::string& file, const std::string& path) {
  if (path.empty() || file.empty()) return path;
  return (std::filesystem::path(file).parent_path() / path).lexically_normal().string();
}

}  // namespace limpet::limpetd
