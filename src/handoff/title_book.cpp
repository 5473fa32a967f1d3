#include <algorithm>
#include <limpet/base/hash.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/handoff/title_book.hpp>

namespace limpet::handoff {

namespace {

constexpr std::string_view kMagic = "LMPTITLE";
constexpr std::size_t kHeadBytes = 24;
constexpr std::size_t kRecordHeadBytes = 12;
std::uint64_t check_of(std::string_view body, std::uint64_t nonce, std::uint64_t at) {
  return hash64(body, nonce ^ (at * 0x9e3779b97f4a7c15ULL));
}

// The body of the record at `at`, if a whole one stands there.
bool body_at(std::string_view file, std::uint64_t nonce, std::size_t at, std::string_view& body) {
  std::string_view from = file.substr(at);
  std::uint32_t length = 0;
  std::uint64_t check = 0;
  if (!take_le(from, length) || !take_le(from, check) || length == 0 || from.size() < length) return false;
  body = from.substr(0, length);
  return check == check_of(body, nonce, at);
}

// Is there a whole record anywhere behind? Then what stands here is damaged, not merely cut off.
bool record_behind(std::string_view file, std::uint64_t nonce, std::size_t at) {
  std::string_view body;
  for (++at; at + kRecordHeadBytes < file.size(); ++at) {
    if (body_at(file, nonce, at, body)) return true;
  }
  return false;
}

Error damaged(std::size_t at) { return {Code::bad_input, "is damaged at byte " + std::to_string(at)}; }

}  // namespace

// ---- Reading ----

Result<TitleBook> TitleBook::read(std::string_view file, std::size_t* dropped) {
  if (dropped != nullptr) *dropped = 0;
  std::string_view head = file.substr(0, kHeadBytes);
  if (!head.starts_with(kMagic)) return fail(Code::bad_input, "is no file of titles");
  head.remove_prefix(kMagic.size());
  std::uint32_t format = 0;
  std::uint32_t zero = 0;
  std::uint64_t nonce = 0;
  if (!take_le(head, format) || !take_le(head, zero) || !take_le(head, nonce))
    return tl::unexpected(damaged(0));
  constexpr auto kKnown = static_cast<std::uint32_t>(TitleFormat::current);
  if (format == 0 || format > kKnown || zero != 0) {
    return fail(Code::refused, "is of format " + std::to_string(format) +
                                   ", and this limpetd knows formats 1 to " + std::to_string(kKnown) +
                                   ": start the one that wrote it");
  }
  TitleBook book;
  book.format_ = static_cast<TitleFormat>(format);
  std::string_view body;
  std::size_t at = kHeadBytes;
  for (; at < file.size(); at += kRecordHeadBytes + body.size()) {
    if (!body_at(file, nonce, at, body)) {
      if (record_behind(file, nonce, at)) return tl::unexpected(damaged(at));
      if (dropped != nullptr) *dropped = file.size() - at;
      break;
    }
    if (!book.take(body)) return tl::unexpected(damaged(at));
  }
  if (book.boot_ == 0) return tl::unexpected(damaged(at));
  return book;
}

bool TitleBook::take(std::string_view body) {
  while (!body.empty()) {
    std::uint32_t length = 0;
    if (!take_le(body, length) || length > body.size()) return false;
    if (!take_item(body.substr(0, length))) return false;
    body.remove_prefix(length);
  }
  return true;
}

bool TitleBook::take_item(std::string_view item) {
  std::uint8_t kind = 0;
  if (!take_le(item, kind)) return false;
  switch (static_cast<TitleLog::Kind>(kind)) {
    case TitleLog::Kind::boot: {
      std::uint64_t id = 0;
      if (!take_le(item, id)) return false;
      if (format_ == TitleFormat::of_0_1) id = boot_id(id, 0);
      if (id <= boot_) return false;
      boot(id);
      return true;
    }
    case TitleLog::Kind::stopped:
      stop();
      return true;
    case TitleLog::Kind::name: {
      Member member = 0;
      if (!take_le(item, member) || member != names_.size()) return false;
      names_.emplace_back(item);
      return true;
    }
    case TitleLog::Kind::titles: {
      Slot slot = 0;
      SlotTitle title;
      while (!item.empty()) {
        if (!take_title(item, slot, title, format_)) return false;
        set(slot, title);
      }
      return true;
    }
    case TitleLog::Kind::founded:
      return take_le(item, founded_);
    case TitleLog::Kind::view:
      if (!take_le(item, epoch_)) return false;
      view_ = item;
      return true;
    case TitleLog::Kind::seen: {
      Member member = 0;
      std::uint64_t boot = 0;
      if (!take_le(item, member) || !take_le(item, boot) || member >= names_.size()) return false;
      see(member, boot);
      return true;
    }
    case TitleLog::Kind::self:
      self_ = item;
      return true;
  }
  return false;
}

// ---- Writing ----

Bytes TitleBook::write(std::uint64_t nonce) const {
  Bytes out;
  out.append(kMagic);
  append_le(out, static_cast<std::uint32_t>(TitleFormat::current));
  append_le(out, std::uint32_t{0});
  append_le(out, nonce);
  TitleLog log(nonce, out.size());
  log.boot(boot_);
  for (std::size_t i = 0; i < names_.size(); ++i) log.name(static_cast<Member>(i), names_[i]);
  if (founded_ != 0) log.founded(founded_);
  if (epoch_ != 0) log.view(epoch_, view_);
  for (const auto& [member, boot] : seen_) log.seen(member, boot);
  if (!self_.empty()) log.self(self_);
  std::vector<std::pair<Slot, SlotTitle>> held;
  for (unsigned slot = 0; slot < kSlots; ++slot) {
    if (titles_[slot] != SlotTitle{}) held.emplace_back(static_cast<Slot>(slot), titles_[slot]);
  }
  if (!held.empty()) log.titles(held);
  if (stopped_) log.stopped();
  log.seal(out);
  return out;
}

bool TitleBook::fresh() const {
  return founded_ == 0 && std::all_of(titles_.begin(), titles_.end(),
                                      [](const SlotTitle& title) { return title == SlotTitle{}; });
}

void TitleBook::raise() {
  for (SlotTitle& title : titles_) title = handoff::raised(title);
}

void TitleBook::boot(std::uint64_t id) {
  boot_ = id;
  raised_ = !stopped_;
  stopped_ = false;
}

Result<Member> TitleBook::member(std::string_view name) {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found != names_.end()) return static_cast<Member>(found - names_.begin());
  if (names_.size() >= kMembersMax) {
    return fail(Code::refused, "this cluster has had more than " + std::to_string(kMembersMax) + " nodes");
  }
  names_.emplace_back(name);
  return static_cast<Member>(names_.size() - 1);
}

void TitleBook::set_view(std::uint64_t epoch, std::string_view text) {
  epoch_ = epoch;
  view_ = text;
}

// ---- Records ----

void TitleLog::begin_item(Kind kind) {
  item_at_ = body_.size();
  append_le(body_, std::uint32_t{0});
  append_le(body_, static_cast<std::uint8_t>(kind));
}

void TitleLog::end_item() {
  const std::size_t length = body_.size() - item_at_ - sizeof(std::uint32_t);
  store_le(body_.data() + item_at_, static_cast<std::uint32_t>(length));
}

void TitleLog::boot(std::uint64_t id) {
  begin_item(Kind::boot);
  append_le(body_, id);
  end_item();
}

void TitleLog::stopped() {
  begin_item(Kind::stopped);
  end_item();
}

void TitleLog::name(Member member, std::string_view name) {
  begin_item(Kind::name);
  append_le(body_, member);
  body_.append(name);
  end_item();
}

void TitleLog::titles(const std::vector<std::pair<Slot, SlotTitle>>& titles) {
  begin_item(Kind::titles);
  for (const auto& [slot, title] : titles) append_title(body_, slot, title);
  end_item();
}

void TitleLog::founded(std::uint64_t digest) {
  begin_item(Kind::founded);
  append_le(body_, digest);
  end_item();
}

void TitleLog::view(std::uint64_t epoch, std::string_view text) {
  begin_item(Kind::view);
  append_le(body_, epoch);
  body_.append(text);
  end_item();
}

void TitleLog::seen(Member member, std::uint64_t boot) {
  begin_item(Kind::seen);
  append_le(body_, member);
  append_le(body_, boot);
  end_item();
}

void TitleLog::self(std::string_view text) {
  begin_item(Kind::self);
  body_.append(text);
  end_item();
}

void TitleLog::seal(Bytes& out) {
  if (body_.empty()) return;
  append_le(out, static_cast<std::uint32_t>(body_.size()));
  append_le(out, check_of(body_.view(), nonce_, at_));
  out.append(body_.view());
  at_ += kRecordHeadBytes + body_.size();
  body_.clear();
}

}  // namespace limpet::handoff
