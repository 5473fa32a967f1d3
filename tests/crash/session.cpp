#include "session.hpp"

#include <algorithm>

namespace limpet::crash {

std::optional<std::size_t> Session::find(std::size_t from, char key, const std::optional<Key>& value) const {
  for (std::size_t at = from; at < versions.size(); ++at) {
    const auto found = versions[at].state.find(key);
    const bool there = found != versions[at].state.end();
    if (there != value.has_value()) continue;
    if (!there || (found->second.text == value->text && found->second.fields == value->fields)) return at;
  }
  return std::nullopt;
}

std::optional<std::pair<std::size_t, std::size_t>> Session::find(std::size_t from, const State& state,
                                                                 std::int64_t unix_ms) const {
  std::optional<std::pair<std::size_t, std::size_t>> found;
  for (std::size_t at = from; at < versions.size(); ++at) {
    if (at_time(versions[at].state, unix_ms) != state) continue;
    found = {found ? found->first : at, at};
  }
  return found;
}

void Session::forget_after(std::size_t version) {
  versions.resize(version + 1);
  shown = std::min(shown, version);
  synced = std::min(synced, version);
}

void Session::begin_with(State state) {
  versions.assign(1, {.state = std::move(state)});
  shown = syncing = synced = 0;
}

State at_time(State state, std::int64_t unix_ms) {
  std::erase_if(state, [unix_ms](const auto& entry) {
    return entry.second.expires_unix_ms >= 0 && entry.second.expires_unix_ms <= unix_ms;
  });
  return state;
}

std::string to_text(const State& state) {
  const auto shorter = [](const std::string& text) {
    return text.size() <= 40 ? text : text.substr(0, 40) + "...(" + std::to_string(text.size()) + ")";
  };
  std::string text;
  for (const auto& [name, key] : state) {
    text += std::string(text.empty() ? "" : ", ") + name + "=" + shorter(key.text);
    for (const auto& [field, value] : key.fields) text += " " + field + ":" + shorter(value);
    if (key.expires_unix_ms >= 0) text += " until " + std::to_string(key.expires_unix_ms);
  }
  return "{" + text + "}";
}

}  // namespace limpet::crash
