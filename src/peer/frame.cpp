#include <limpet/base/limits.hpp>
#include <limpet/peer/frame.hpp>

namespace limpet::peer {

namespace {

// epoch, hops, version, authenticated, reach, count of arguments.
constexpr std::size_t kRequestHeaderBytes = 8 + 4 + 4;
constexpr std::size_t kHopsAt = 8;

bool known(std::uint8_t type) {
  return type >= static_cast<std::uint8_t>(FrameType::greet) &&
         type <= static_cast<std::uint8_t>(FrameType::followed);
}

}  // namespace

void append_header(Bytes& out, const Frame& frame, std::size_t length) {
  char* at = out.extend(kFrameHeaderBytes);
  store_le(at, static_cast<std::uint32_t>(length));
  at[4] = static_cast<char>(frame.type);
  at[5] = static_cast<char>(frame.bits);
  store_le(at + 6, frame.slot);
  store_le(at + 8, frame.id);
}

void append_frame(Bytes& out, const Frame& frame) {
  append_header(out, frame, frame.body.size());
  out.append(frame.body);
}

void next_frame(std::string_view input, std::size_t body_max, FrameStep& step) {
  const auto fail = [&](std::string_view error) {
    step.kind = FrameStep::Kind::error;
    step.error = error;
  };
  step.kind = FrameStep::Kind::need_more;
  if (input.size() < kFrameHeaderBytes) return;
  const auto length = load_le<std::uint32_t>(input.data());
  const auto type = static_cast<std::uint8_t>(input[4]);
  if (!known(type)) return fail("unknown type of frame");
  if (length > body_max) return fail("frame is too long");
  if (input.size() - kFrameHeaderBytes < length) return;
  step.frame.type = static_cast<FrameType>(type);
  step.frame.bits = static_cast<std::uint8_t>(input[5]);
  step.frame.slot = load_le<std::uint16_t>(input.data() + 6);
  step.frame.id = load_le<std::uint64_t>(input.data() + 8);
  step.frame.body = input.substr(kFrameHeaderBytes, length);
  if (step.frame.slot >= kSlots) return fail("slot out of range");
  step.kind = FrameStep::Kind::frame;
  step.consumed = kFrameHeaderBytes + length;
}

FrameStep next_frame(std::string_view input, std::size_t body_max) {
  FrameStep step;
  next_frame(input, body_max, step);
  return step;
}

std::size_t request_bytes(std::span<const std::string_view> args) {
  std::size_t bytes = kRequestHeaderBytes;
  for (const std::string_view arg : args) bytes += sizeof(std::uint32_t) + arg.size();
  return bytes;
}

void append_request(Bytes& out, const Request& request, std::span<const std::string_view> args) {
  char* at = out.extend(request_bytes(args));
  store_le(at, request.epoch);
  at[kHopsAt] = static_cast<char>(request.hops);
  at[9] = static_cast<char>(request.version);
  at[10] = static_cast<char>(request.authenticated ? 1 : 0);
  at[11] = static_cast<char>(request.reach);
  store_le(at + 12, static_cast<std::uint32_t>(args.size()));
  at += kRequestHeaderBytes;
  for (const std::string_view arg : args) {
    store_le(at, static_cast<std::uint32_t>(arg.size()));
    at += sizeof(std::uint32_t);
    if (!arg.empty()) std::memcpy(at, arg.data(), arg.size());
    at += arg.size();
  }
}

namespace {

// What stands in front of the arguments; how many follow. 0: that is none, or the body cannot hold as many.
std::uint32_t read_request_head(std::string_view body, Request& request) {
  if (body.size() < kRequestHeaderBytes) return 0;
  request.epoch = load_le<std::uint64_t>(body.data());
  request.hops = static_cast<std::uint8_t>(body[kHopsAt]);
  request.version = static_cast<std::uint8_t>(body[9]);
  request.authenticated = body[10] == 1;
  const auto reach = static_cast<std::uint8_t>(body[11]);
  if (request.version < 2 || request.version > 3 || reach > 2) return 0;
  request.reach = static_cast<Reach>(reach);
  const auto count = load_le<std::uint32_t>(body.data() + 12);
  // Each argument takes at least its length field.
  return count <= (body.size() - kRequestHeaderBytes) / sizeof(std::uint32_t) ? count : 0;
}

bool take_argument(std::string_view& body, std::string_view& argument) {
  if (body.size() < sizeof(std::uint32_t)) return false;
  const auto length = load_le<std::uint32_t>(body.data());
  body.remove_prefix(sizeof(std::uint32_t));
  if (body.size() < length) return false;
  argument = body.substr(0, length);
  body.remove_prefix(length);
  return true;
}

}  // namespace

bool read_request(std::string_view body, Request& request, std::vector<std::string_view>& args) {
  const std::uint32_t count = read_request_head(body, request);
  if (count == 0) return false;
  body.remove_prefix(kRequestHeaderBytes);
  args.clear();
  for (std::uint32_t i = 0; i < count; ++i) {
    std::string_view argument;
    if (!take_argument(body, argument)) return false;
    args.push_back(argument);
  }
  return body.empty();
}

bool look_at_request(std::string_view body, Request& request, std::string_view& name) {
  const std::uint32_t count = read_request_head(body, request);
  if (count == 0) return false;
  body.remove_prefix(kRequestHeaderBytes);
  if (!take_argument(body, name)) return false;
  for (std::uint32_t i = 1; i < count; ++i) {
    std::string_view argument;
    if (!take_argument(body, argument)) return false;
  }
  return body.empty();
}

bool glance_at_frame(std::string_view& frames, Slot& slot, std::string_view& key) {
  if (frames.size() < kFrameHeaderBytes) return false;
  const char* const head = frames.data();
  const auto length = load_le<std::uint32_t>(head);
  if (frames.size() - kFrameHeaderBytes < length) return false;
  slot = load_le<std::uint16_t>(head + 6);
  if (slot >= kSlots) return false;
  key = {};
  std::string_view body = frames.substr(kFrameHeaderBytes, length);
  frames.remove_prefix(kFrameHeaderBytes + length);
  if (static_cast<FrameType>(head[4]) != FrameType::request || length < kRequestHeaderBytes) return true;
  body.remove_prefix(kRequestHeaderBytes);
  std::string_view argument;
  if (!take_argument(body, argument) || !take_argument(body, key)) key = {};
  return true;
}

void set_hops(Bytes& body, std::uint8_t hops) { body.data()[kHopsAt] = static_cast<char>(hops); }

Result<const Frame*> Assembler::add(const Frame& frame) {
  const bool more = (frame.bits & kMore) != 0;
  done_.release();
  const auto found = parts_.find(frame.id);
  if (!more && found == parts_.end()) {
    frame_ = frame;
    return &frame_;
  }
  Bytes& body = found != parts_.end() ? found->second : parts_[frame.id];
  body.append(frame.body);
  bytes_ += frame.body.size();
  if (body.size() > kFrameBytesMax || bytes_ > kFrameBytesMax + kLinkBytesMax ||
      parts_.size() > kLinkRequestsMax) {
    return fail(Code::bad_input, "a body in pieces is too long");
  }
  if (more) return nullptr;
  bytes_ -= body.size();
  done_ = std::move(body);
  parts_.erase(frame.id);
  frame_ = frame;
  frame_.body = done_.view();
  return &frame_;
}

}  // namespace limpet::peer
