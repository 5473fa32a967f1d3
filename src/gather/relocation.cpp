#include "relocation.hpp"

#include <limpet/command/errors.hpp>
#include <optional>

namespace limpet::gather {

namespace {

constexpr std::string_view kBothThere =
    "INDOUBT the value is under its new name, but may still be under its old one, too: ";

bool is_one(const Part& answer) { return answer.reply.view().starts_with(":1"); }

// The content of a bulk string; nothing if it is null.
std::optional<std::string_view> bulk_of(const Part& answer) {
  const std::string_view reply = answer.reply.view();
  const std::size_t head = reply.find("\r\n");
  if (!reply.starts_with('$') || reply.starts_with("$-") || head == std::string_view::npos)
    return std::nullopt;
  return reply.substr(head + 2, reply.size() - head - 4);
}

}  // namespace

std::vector<std::string_view> Relocation::command() {
  switch (step_) {
    case Step::read:
      return {command::kStepRead, from_};
    case Step::write:
      // What stands under the new name after the first round is what this command has put there.
      return {command::kStepWrite, to_, value_, request_.replace || rounds_ > 1 ? "replace" : "nx"};
    case Step::erase:
      digest_ = command::digest_of(value_);
      return {command::kStepErase, from_, digest_};
  }
  return {};
}

bool Relocation::goes_on(const Part& answer) {
  switch (step_) {
    case Step::read: {
      const auto value = bulk_of(answer);
      if (!value) return false;
      value_ = *value;
      step_ = Step::write;
      return true;
    }
    case Step::write:
      if (request_.keep_source || !is_one(answer)) return false;
      step_ = Step::erase;
      return true;
    case Step::erase:
      if (is_one(answer) || rounds_ == kRelocateRoundsMax) return false;
      ++rounds_;
      step_ = Step::read;
      return true;
  }
  return false;
}

void Relocation::reply(const Part& answer, const std::string& error, resp::ReplyWriter& reply) const {
  const auto success = [&] { request_.counts ? reply.integer(1) : reply.ok(); };
  if (!error.empty()) {
    const bool written = step_ == Step::erase || rounds_ > 1;
    return reply.error(written ? std::string(kBothThere) + error : error);
  }
  switch (step_) {
    case Step::read:
      // Gone since the last round: then it is under its new name alone, as it should be.
      if (rounds_ > 1) return success();
      return request_.strict ? reply.error(command::kNoSuchKey) : reply.integer(0);
    case Step::write:
      return is_one(answer) ? success() : reply.integer(0);
    case Step::erase:
      if (is_one(answer)) return success();
      return reply.error(std::string(kBothThere) + "it was changed again and again");
  }
}

}  // namespace limpet::gather
