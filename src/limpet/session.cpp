#include "session.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limpet/base/encoding.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/base/secret_text.hpp>
#include <limpet/cluster/view.hpp>
#include <memory>
#include <utility>

#include "exit_codes.hpp"

namespace limpet::client {

namespace {

Result<std::string> read_password(const Options& options) {
  if (!options.password_file.empty()) {
    const auto text = read_file(options.password_file, kSecretBytesMax);
    if (!text) return tl::unexpected(text.error());
    // It may be the file that nodes read: while the password is being changed, the new one is the first.
    auto found = parse_secrets(*text, options.password_file);
    if (!found) return tl::unexpected(found.error());
    for (const std::string& warning : found->warnings)
      std::fprintf(stderr, "limpet: warning: %s\n", escaped(warning).c_str());
    return found->secrets.first();
  }
  const char* from_environment = std::getenv("LIMPET_PASSWORD");
  return std::string(from_environment != nullptr ? from_environment : "");
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t max) {
  const auto fault = [&] { return fail(Code::io, "cannot read " + path + ": " + std::strerror(errno)); };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
  if (!file) return fault();
  std::string text(max + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) return fault();
  if (text.size() > max)
    return fail(Code::bad_config, path + " is larger than " + std::to_string(max) + " bytes");
  return text;
}

Result<net::LineClient> make_client(const Options& options) {
  net::LineClientOptions dial;
  if (options.server.find('/') != std::string::npos) {
    dial.path = options.server;
  } else {
    const auto address = cluster::parse_address(options.server);
    if (!address) return fail(Code::bad_input, "--server " + options.server + ": " + address.error().text);
    dial.host = address->host;
    dial.port = address->port;
  }
  auto password = read_password(options);
  if (!password) return tl::unexpected(password.error());
  dial.password = std::move(*password);
  dial.resp3 = options.resp3;
  dial.reply_ms = static_cast<std::int64_t>(options.timeout_s * 1000);
  dial.connect_ms = dial.reply_ms < dial.connect_ms ? dial.reply_ms : dial.connect_ms;
  return net::LineClient(std::move(dial));
}

Result<net::LineClient> open_client(const Options& options) {
  auto client = make_client(options);
  if (!client) return client;
  if (auto connected = client->connect(); !connected) return tl::unexpected(connected.error());
  return client;
}

std::string escaped_lines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out += escaped(text.substr(0, end));
    if (end < text.size()) out += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

void show_hint(std::string_view error) {
  if (error.starts_with("NOAUTH")) {
    std::fputs(
        "limpet: the server wants a password: --password-file FILE (-a) in front of the command, or "
        "LIMPET_PASSWORD\n",
        stderr);
  }
}

int complain(const Error& error) {
  std::fprintf(stderr, "limpet: %s\n", escaped(error.text).c_str());
  constexpr std::string_view kAnswered = "the server answered: ";
  if (error.code == Code::refused && error.text.starts_with(kAnswered))
    show_hint(std::string_view(error.text).substr(kAnswered.size()));
  switch (error.code) {
    case Code::bad_input:
      return kUsage;
    case Code::refused:
      return kErrorReply;
    case Code::bad_config:
    case Code::not_found:
    case Code::full:
    case Code::io:
      return kBadFile;
    case Code::unavailable:
      break;
  }
  return kNoServer;
}

std::vector<std::string_view> views_of(const std::vector<std::string>& words) {
  return {words.begin(), words.end()};
}

}  // namespace limpet::client
