// Frames: bytes of another node are read within their bounds, pieces come together as they were sent, and
// requests and greetings that were read are what comes back when they are written down again.
#include <algorithm>
#include <limpet/base/limits.hpp>
#include <limpet/peer/frame.hpp>
#include <limpet/peer/greeting.hpp>
#include <map>

#include "fuzz.hpp"

namespace limpet::fuzz {
namespace {

using peer::Frame;
using peer::FrameStep;
using peer::FrameType;

bool is_inside(std::string_view part, std::string_view whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

// ---- Bodies ----

void check_same(const peer::Request& a, const peer::Request& b) {
  FUZZ_CHECK(a.epoch == b.epoch && a.hops == b.hops && a.version == b.version);
  FUZZ_CHECK(a.authenticated == b.authenticated && a.reach == b.reach);
}

void check_request(std::string_view bytes) {
  const Exact body(bytes);
  peer::Request request;
  std::vector<std::string_view> args;
  if (!peer::read_request(body.view(), request, args)) {
    FUZZ_CHECK(args.capacity() <= 2 * bytes.size());
    return;
  }
  FUZZ_CHECK(!args.empty());
  for (const std::string_view arg : args) FUZZ_CHECK(is_inside(arg, body.view()));
  FUZZ_CHECK(peer::request_bytes(args) == bytes.size());

  Bytes written;
  peer::append_request(written, request, args);
  FUZZ_CHECK(written.size() == bytes.size());
  const auto hops = static_cast<std::uint8_t>(request.hops + 1);
  peer::set_hops(written, hops);
  request.hops = hops;
  peer::Request again;
  std::vector<std::string_view> same_args;
  FUZZ_CHECK(peer::read_request(written.view(), again, same_args));
  check_same(request, again);
  FUZZ_CHECK(std::equal(args.begin(), args.end(), same_args.begin(), same_args.end()));
}

void check_greeting(std::string_view bytes) {
  const Exact body(bytes);
  const auto greeting = peer::read_greeting(body.view());
  if (!greeting) {
    FUZZ_CHECK(!greeting.error().text.empty());
    return;
  }
  Bytes written;
  peer::append_greeting(written, *greeting);
  FUZZ_CHECK(bytes.starts_with(written.view()));
}

// The same bytes, but for the mark and the protocols in front: what stands behind them is to be read, too,
// when a later release has others.
std::string as_of_this_release(std::string_view bytes) {
  constexpr std::size_t kFront = 4 + 2 + 2;
  Bytes front;
  peer::append_greeting(front, {});
  return std::string(front.view().substr(0, kFront)) +
         std::string(bytes.substr(std::min(kFront, bytes.size())));
}

void check_body(std::string_view bytes) {
  check_request(bytes);
  check_greeting(bytes);
  check_greeting(as_of_this_release(bytes));
}

// ---- Pieces ----

// What the Assembler has to do, done plainly.
class PlainAssembler {
 public:
  // Nothing while pieces are missing.
  const std::string* add(const Frame& frame) {
    std::string& part = parts_[frame.id];
    part += frame.body;
    if ((frame.bits & peer::kMore) != 0) return nullptr;
    done_ = std::move(part);
    parts_.erase(frame.id);
    return &done_;
  }

 private:
  std::map<std::uint64_t, std::string> parts_;
  std::string done_;
};

void check_frame(const Frame& frame, peer::Assembler& assembler, PlainAssembler& plain) {
  const auto whole = assembler.add(frame);
  const std::string* expected = plain.add(frame);
  FUZZ_CHECK(whole.has_value());
  FUZZ_CHECK((*whole == nullptr) == (expected == nullptr));
  if (*whole == nullptr) return;
  FUZZ_CHECK((*whole)->body == *expected);
  FUZZ_CHECK((*whole)->type == frame.type && (*whole)->id == frame.id && (*whole)->slot == frame.slot);
  check_body(*expected);
}

// ---- Frames ----

// No beginning of a frame is taken for one, and none is refused that is none.
void check_beginnings(std::string_view bytes, const FrameStep& step, std::size_t body_max) {
  const std::size_t end = step.kind == FrameStep::Kind::frame ? step.consumed : bytes.size();
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, peer::kFrameHeaderBytes - 1,
                                 peer::kFrameHeaderBytes, end / 2, end - std::min<std::size_t>(end, 1)}) {
    if (size >= end) continue;
    const Exact part(bytes.substr(0, size));
    const FrameStep early = peer::next_frame(part.view(), body_max);
    FUZZ_CHECK(early.consumed == 0);
    FUZZ_CHECK(early.kind == FrameStep::Kind::need_more ||
               (early.kind == FrameStep::Kind::error && step.kind == FrameStep::Kind::error));
  }
}

FrameStep take(std::string_view bytes, std::size_t body_max) {
  const FrameStep step = peer::next_frame(bytes, body_max);
  check_beginnings(bytes, step, body_max);
  if (step.kind != FrameStep::Kind::frame) {
    FUZZ_CHECK(step.consumed == 0);
    FUZZ_CHECK((step.kind == FrameStep::Kind::error) == !step.error.empty());
    return step;
  }
  FUZZ_CHECK(step.consumed <= bytes.size() && is_inside(step.frame.body, bytes));
  FUZZ_CHECK(step.consumed == peer::kFrameHeaderBytes + step.frame.body.size());
  FUZZ_CHECK(step.frame.body.size() <= body_max && step.frame.slot < kSlots);
  Bytes written;
  peer::append_frame(written, step.frame);
  FUZZ_CHECK(written.view() == bytes.substr(0, step.consumed));
  return step;
}

void check_stream(std::string_view bytes, std::size_t body_max) {
  const Exact copy(bytes);
  std::string_view rest = copy.view();
  peer::Assembler assembler;
  PlainAssembler plain;
  while (true) {
    const FrameStep step = take(rest, body_max);
    if (step.kind != FrameStep::Kind::frame) return;
    check_frame(step.frame, assembler, plain);
    rest.remove_prefix(step.consumed);
  }
}

}  // namespace
}  // namespace limpet::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpet;
  const std::string_view bytes = fuzz::text_of(data, size);
  fuzz::check_stream(bytes, kPieceBytes);
  fuzz::check_stream(bytes, 40);
  // Also as bodies by themselves: a frame around them is no obstacle for a peer.
  fuzz::check_body(bytes);
  return 0;
}
