#include "log_lines.hpp"

#include <fmt/chrono.h>
#include <spdlog/details/log_msg.h>

#include <chrono>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace limpet::limpetd {
namespace {

std::string_view text_of(const spdlog::string_view_t& view) { return {view.data(), view.size()}; }

std::string utc(spdlog::log_clock::time_point time) {
  using std::chrono::milliseconds;
  const auto since = std::chrono::duration_cast<milliseconds>(time.time_since_epoch()).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(static_cast<std::time_t>(since / 1000)),
                     since % 1000);
}

// A line break in a message would start a line that nobody logged.
std::string in_one_line(std::string_view message) {
  std::string out(message);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return out;
}

std::string json_line(const std::string& time, std::string_view level, std::string_view message) {
  const nlohmann::ordered_json line = {{"time", time}, {"level", level}, {"message", message}};
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

class LineFormatter final : public spdlog::formatter {
 public:
  explicit LineFormatter(bool json) : json_(json) {}

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const std::string time = utc(message.time);
    const std::string_view level = text_of(spdlog::level::to_string_view(message.level));
    const std::string_view text = text_of(message.payload);
    const std::string line =
        json_ ? json_line(time, level, text) : fmt::format("{} {} {}", time, level, in_one_line(text));
    out.append(line.data(), line.data() + line.size());
    out.push_back('\n');
  }
  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<LineFormatter>(json_);
  }

 private:
  bool json_;
};

}  // namespace

std::unique_ptr<spdlog::formatter> make_line_formatter(bool json) {
  return std::make_unique<LineFormatter>(json);
}

}  // namespace limpet::limpetd
