// What the modes of the client share: files, the connection, the way errors are told.
#pragma once

#include <limpet/base/result.hpp>
#include <limpet/net/line_client.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "options.hpp"

namespace limpet::client {

// The whole of a file. `max` bytes at most.
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t max);

// A client for the server of the options, not connected yet. Reads the password: from its file, else
// LIMPET_PASSWORD.
[[nodiscard]] Result<net::LineClient> make_client(const Options& options);
// The same, connected.
[[nodiscard]] Result<net::LineClient> open_client(const Options& options);

// Each line of a text in which there may stand what people typed, escaped.
[[nodiscard]] std::string escaped_lines(std::string_view text);

// What to do about an error of the server, if it is one that options help against, on the standard error.
void show_hint(std::string_view error);

// Tells an error on the standard error, and how to end after it.
int complain(const Error& error);

[[nodiscard]] std::vector<std::string_view> views_of(const std::vector<std::string>& words);

}  // namespace limpet::client
