#include <limpet/base/limits.hpp>
#include <limpet/links/links.hpp>

namespace limpet::links {

using peer::Frame;
using peer::FrameType;

Links::Links(NodeIndex self, std::shared_ptr<const cluster::View> view, FrameTypes handed_on,
             DirtyStreams& dirty)
    : self_(self), view_(std::move(view)), handed_on_(handed_on), dirty_(dirty) {
  add_links();
}

void Links::add_links() {
  while (links_.size() < view_->nodes.size()) {
    const auto node = static_cast<NodeIndex>(links_.size());
    links_.push_back(node == self_ ? nullptr : std::make_unique<Link>(node));
  }
}

void Links::set_view(std::shared_ptr<const cluster::View> view) {
  const std::shared_ptr<const cluster::View> before = std::exchange(view_, std::move(view));
  add_links();
  for (NodeIndex node = 0; node < before->nodes.size(); ++node) {
    if (!links_[node] || view_->nodes[node].peer == before->nodes[node].peer) continue;
    // It has moved: what is connected to where it was is of no use.
    LinkStream* const old = find(links_[node]->id());
    if (old == nullptr) continue;
    links_[node]->failed("the cluster file gives it another address");
    dirty_.abort(*old, links_[node]->id());
  }
}

void Links::set_secrets(Secrets secrets) {
  if (secrets == secrets_) return;
  secrets_ = std::move(secrets);
  for (const std::unique_ptr<Link>& link : links_) {
    if (link) link->seen_alive();
  }
}

// ---- Dialling ----

void Links::dial(NodeIndex node, Now now, Random& random) {
  if (links_[node]->state() == LinkState::idle) dial(*links_[node], now, random);
}

void Links::dial(Link& link, Now now, Random& random) {
  const auto& address = view_->nodes[link.node()].peer;
  if (!address) {
    link.lost("its address is not known", now, random.next());
    actions_.fail_waiting.push_back(link.node());
    return;
  }
  auto [name, stream] = streams_.emplace(link.node());
  const StreamId id{StreamKind::link, name.index, name.generation};
  link.dialing(id, stream, now);
  actions_.dials.push_back({id, link.node(), *address});
}

bool Links::worth_dialling(NodeIndex node, bool owns_slots) const {
  const cluster::Node& about = view_->nodes[node];
  if (draining_ || !about.peer) return false;
  return about.listed || owns_slots || links_[node]->failures_in_a_row() < kGoneDialsMax;
}

void Links::dial_goes_on(StreamId id, std::string_view doing, std::int64_t ms, Now now) {
  if (const LinkStream* const stream = find(id)) links_[stream->node]->dial_goes_on(doing, ms, now);
}

void Links::connected(StreamId id, peer::Greeting mine, Now now) {
  LinkStream* const stream = find(id);
  if (stream == nullptr) return;
  links_[stream->node]->connected(std::move(mine), now);
  dirty_.mark(*stream, id);
}

// ---- Coming and going ----

std::optional<Links::Lost> Links::closed(StreamId id, std::string_view reason, Now now, Random& random) {
  const LinkStream* const stream = find(id);
  if (stream == nullptr) return std::nullopt;
  Link& link = *links_[stream->node];
  Lost lost{.node = link.node()};
  if (link.up()) lost.written = link.lanes().written_total();
  link.lost(reason, now, random.next());
  lost.fail_waiting = link.verdict() != Link::Verdict::wait;
  const NoteLevel level = link.manner() == Manner::refuses ? NoteLevel::error : NoteLevel::warning;
  actions_.lines.push_back(
      {level, link.node(), "link to node " + name_of(link.node()) + " is down: " + link.why(now), false});
  streams_.erase({id.index, id.generation});
  return lost;
}

void Links::tick(NodeIndex node, bool owns_slots, Now now, Random& random) {
  if (!links_[node]) return;
  Link& link = *links_[node];
  const Link::Wish wish = link.tick(now);
  if (wish == Link::Wish::dial && worth_dialling(node, owns_slots)) dial(link, now, random);
  if (wish == Link::Wish::fail_waiting) actions_.fail_waiting.push_back(node);
  answer_goodbye(link);
  LinkStream* const stream = find(link.id());
  if (stream == nullptr) return;
  // Not as soon as it is empty: with followers much goes out in each turn.
  trim(stream->out);
  wish == Link::Wish::close ? dirty_.abort(*stream, link.id()) : dirty_.mark(*stream, link.id());
}

// A node that stops is told once that nothing more will come from here: only then may it go without leaving
// anybody in doubt. Whatever is on its way to it comes first.
void Links::answer_goodbye(Link& link) {
  if (!link.owes_goodbye() || link.lanes().waiting() > 0) return;
  link.lanes().send({.type = FrameType::goodbye});
  link.gave_goodbye();
  flush(link);
}

// ---- To them ----

std::uint64_t Links::send(NodeIndex node, const Frame& frame, std::string_view before) {
  Link& link = *links_[node];
  const std::uint64_t end = link.lanes().send(frame, before);
  flush(link);
  return end;
}

void Links::flush(Link& link) {
  LinkStream* const stream = find(link.id());
  // Many frames come one after the other.
  if (stream != nullptr && stream->dirty && !link.lanes().has_pieces()) return;
  for (const Lanes::Sent& sent : link.lanes().refill()) actions_.placed.push_back(sent);
  if (stream != nullptr) dirty_.mark(*stream, link.id());
}

std::optional<NodeIndex> Links::written(StreamId id, std::size_t bytes) {
  LinkStream* const stream = find(id);
  if (stream == nullptr) return std::nullopt;
  Link& link = *links_[stream->node];
  link.lanes().written(bytes);
  flush(link);
  return link.lanes().waiting() < kLinkBytesMax / 2 ? std::optional(link.node()) : std::nullopt;
}

// ---- Frames ----

Links::Taken Links::take_greeting(Link& link, const Frame& frame, Heard& heard, Now now) {
  const std::string& name = name_of(link.node());
  const Result<bool> greeted = link.greeted(frame, name, secrets_, now);
  if (!greeted) {
    link.failed(greeted.error().text);
    return Taken::refused;
  }
  if (!*greeted) return Taken::here;
  link.heard(frame, now);
  actions_.lines.push_back({NoteLevel::info, link.node(), "link to node " + name + " is up", true});
  heard.kind = Heard::Kind::up;
  return Taken::heard;
}

Links::Taken Links::take(LinkStream& stream, const Frame& frame, Heard& heard, Now now) {
  Link& link = *links_[stream.node];
  if (!link.up()) return take_greeting(link, frame, heard, now);
  link.heard(frame, now);
  if (frame.type == FrameType::pong) return Taken::here;
  if (frame.type == FrameType::goodbye) {
    link.said_goodbye();
    answer_goodbye(link);
    return Taken::here;
  }
  if (!handed_on_.has(frame.type)) {
    note(link.node(), "node " + name_of(link.node()) + " sent an unexpected frame");
    return Taken::refused;
  }
  if (is_whole(stream.assembler, frame)) {
    heard = {Heard::Kind::frame, frame};
    return Taken::heard;
  }
  const Result<const Frame*> whole = stream.assembler.add(frame);
  if (!whole) {
    note(link.node(), "node " + name_of(link.node()) + ": " + whole.error().text);
    return Taken::refused;
  }
  if (*whole == nullptr) return Taken::here;
  heard = {Heard::Kind::frame, **whole};
  return Taken::heard;
}

std::optional<Links::Turn> Links::begin_turn(StreamId id, std::string_view bytes, Now now) {
  LinkStream* const stream = find(id);
  if (stream == nullptr) return std::nullopt;
  return std::optional<Turn>(std::in_place, *this, *stream, id, bytes, now);
}

Links::Turn::Turn(Links& links, LinkStream& stream, StreamId id, std::string_view bytes, Now now)
    : links_(links), stream_(stream), id_(id), frames_(stream.input, bytes, kPieceBytes), now_(now) {}

NodeIndex Links::Turn::node() const { return stream_.node; }

const Links::Heard* Links::Turn::next() {
  while (fine_) {
    if (std::exchange(begun_, false)) frames_.take();
    const Frame* const frame = frames_.peek();
    if (frame == nullptr) return nullptr;
    const Taken taken = links_.take(stream_, *frame, heard_, now_);
    fine_ = taken != Taken::refused;
    begun_ = fine_;
    if (taken == Taken::heard) return &heard_;
  }
  return nullptr;
}

void Links::Turn::end() {
  frames_.keep_rest();
  const std::string_view error = frames_.error();
  if (!error.empty()) links_.note(node(), "node " + links_.name_of(node()) + ": " + std::string(error));
  if (!error.empty() || !fine_) {
    stream_.finished = true;
    stream_.reading = false;
    stream_.out.clear();
  }
  links_.dirty_.mark(stream_, id_);
}

}  // namespace limpet::links
