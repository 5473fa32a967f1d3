#include <algorithm>
#include <limpet/base/assert.hpp>
#include <limpet/replica/quorums.hpp>

namespace limpet::replica {

// ---- Sets ----

void FollowerSet::add(FollowerId follower) {
  LIMPET_ASSERT(size_ < ids_.size());
  ids_[size_++] = follower;
}

void FollowerSet::remove(FollowerId follower) {
  FollowerId* const last = std::remove(ids_.data(), ids_.data() + size_, follower);
  size_ = static_cast<std::uint8_t>(last - ids_.data());
}

bool FollowerSet::has(FollowerId follower) const { return std::find(begin(), end(), follower) != end(); }

bool operator==(const FollowerSet& a, const FollowerSet& b) {
  if (a.size_ != b.size_) return false;
  for (std::size_t i = 0; i < a.size_; ++i) {
    if (a.ids_[i] != b.ids_[i]) return false;
  }
  return true;
}

// ---- Runs ----

std::size_t Quorums::Run::waits_for() const {
  return std::max<std::size_t>(least, std::min<std::size_t>(wanted, followers.size()));
}

void Quorums::changed(Lsn end, const FollowerSet& followers, unsigned wanted, unsigned least) {
  LIMPET_ASSERT(end >= end_);
  end_ = end;
  const bool as_before = !runs_.empty() && runs_.back().wanted == wanted && runs_.back().least == least &&
                         runs_.back().followers == followers;
  if (as_before) {
    runs_.back().end = end;
    return;
  }
  const Run run{.end = end,
                .followers = followers,
                .wanted = static_cast<std::uint8_t>(wanted),
                .least = static_cast<std::uint8_t>(least)};
  runs_.empty() && run.waits_for() == 0 ? void(confirmed_ = end) : runs_.push_back(run);
}

void Quorums::confirm(FollowerId follower, Lsn has) {
  if (has_.size() <= follower) has_.resize(follower + std::size_t{1}, 0);
  if (has <= has_[follower]) return;
  has_[follower] = has;
  count();
}

void Quorums::out(FollowerId follower) {
  for (Run& run : runs_) run.followers.remove(follower);
  if (follower < has_.size()) has_[follower] = 0;
  count();
}

std::optional<Quorums::Span> Quorums::give_up_stuck() {
  if (runs_.empty() || runs_.front().waits_for() <= runs_.front().followers.size()) return std::nullopt;
  const Span given_up{.behind = confirmed_, .up_to = runs_.front().end};
  confirmed_ = given_up.up_to;
  runs_.pop_front();
  count();
  return given_up;
}

// As many as it waits for have all up to there, or more.
Lsn Quorums::reached_by(const Run& run) const {
  const std::size_t wanted = run.waits_for();
  if (wanted == 0) return run.end;
  const auto has = [this](FollowerId each) { return each < has_.size() ? has_[each] : 0; };
  Lsn reached = 0;
  for (const FollowerId one : run.followers) {
    const auto as_far = std::count_if(run.followers.begin(), run.followers.end(),
                                      [&](FollowerId each) { return has(each) >= has(one); });
    if (static_cast<std::size_t>(as_far) >= wanted) reached = std::max(reached, has(one));
  }
  return reached;
}

void Quorums::count() {
  while (!runs_.empty()) {
    const Lsn reached = reached_by(runs_.front());
    confirmed_ = std::max(confirmed_, std::min(reached, runs_.front().end));
    if (reached < runs_.front().end) return;
    runs_.pop_front();
  }
}

}  // namespace limpet::replica
