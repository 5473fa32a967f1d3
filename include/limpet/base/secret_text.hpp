// What a file (or variable) of secrets holds: the secret in its first line, and while it is being changed the
// one before in a second line. People make these files with all kinds of editors, so each oddity is taken out
// or named, with its line.
#pragma once

#include <limpet/base/result.hpp>
#include <limpet/base/secrets.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace limpet {

struct SecretText {
  Secrets secrets;
  std::vector<std::string> warnings;  // each begins with `where` and never holds anything of a secret
};

// `where` is the file's path, or the name of the variable. Error: none, more than kSecretsMax, or bytes that
// are no text.
[[nodiscard]] Result<SecretText> parse_secrets(std::string_view text, const std::string& where);

}  // namespace limpet
