// Merging: the value of every setting, and where it came from. Flag > environment > [server] table > default.
//
// Pure: what was given comes in as values.
#pragma once

#include <array>
#include <cstdint>
#include <limpet/base/result.hpp>
#include <limpet/cluster/view.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "table.hpp"

namespace limpet::limpetd {

enum class Origin : std::uint8_t { fallback, file, environment, flag };

struct Value {
  std::string text;
  std::int64_t number = 0;  // what parse_value() made of it
  Origin origin = Origin::fallback;
  std::string where = "default";  // "--shards", "LIMPET_SHARDS", "demo.toml:12"
};

class Values {
 public:
  [[nodiscard]] const Value& operator[](Name name) const { return values_[name.index]; }
  [[nodiscard]] const Value& at(std::size_t row) const { return values_.at(row); }
  [[nodiscard]] Value& at(std::size_t row) { return values_.at(row); }
  [[nodiscard]] bool given(Name name) const { return values_[name.index].origin != Origin::fallback; }

 private:
  std::array<Value, kRowCount> values_;
};

using FlagTexts = std::array<std::optional<std::string>, kRowCount>;  // by row
using Environment = std::map<std::string, std::string>;  // of this process: every LIMPET_ variable

struct Given {
  FlagTexts flags;
  Environment environment;
};

// A switch for tests, and so no setting (node/kill_at.hpp).
inline constexpr std::string_view kKillVariable = "LIMPET_KILL_AT";

// The LIMPET_ variables of this process.
[[nodiscard]] Environment read_environment();

// Values from flags and environment alone: enough to know which file to read.
[[nodiscard]] Result<Values> merge_without_file(const Given& given);

// Values from everything. `file` is the cluster file's path, for messages and for the paths in it that are
// relative.
[[nodiscard]] Result<Values> merge(const Given& given, const cluster::ServerTable& server,
                                   const std::string& file);

// A warning for every LIMPET_ variable that means nothing to limpetd nor to the client.
[[nodiscard]] std::vector<std::string> unknown_variables(const Environment& environment);

// `path` as it stands in `file`: a relative one counts from the folder of the file.
[[nodiscard]] std::string beside(const std::string& file, const std::string& path);

}  // namespace limpet::limpetd
