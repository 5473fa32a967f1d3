#include "channels.hpp"

#include <algorithm>
#include <limpet/base/assert.hpp>

namespace limpet::net {

std::unique_ptr<Channel>& Channels::slot_of(StreamId id) {
  return open_[static_cast<std::size_t>(id.kind)][id.index];
}

Channel& Channels::open(StreamId id, Wire wire) {
  std::vector<std::unique_ptr<Channel>>& channels = open_[static_cast<std::size_t>(id.kind)];
  if (channels.size() <= id.index) channels.resize(id.index + 1);
  LIMPET_ASSERT(!channels[id.index]);
  channels[id.index] = std::make_unique<Channel>(Channel{.id = id, .wire = std::move(wire)});
  return *channels[id.index];
}

void Channels::linger(Channel& channel, std::int64_t until_ms) {
  channel.lingering = true;
  lingering_.push_back({std::move(slot_of(channel.id)), until_ms});
}

void Channels::close(Channel& channel) {
  const auto found = std::find_if(lingering_.begin(), lingering_.end(),
                                  [&](const Lingering& each) { return each.channel.get() == &channel; });
  LIMPET_ASSERT(found != lingering_.end());
  end(std::move(found->channel));
  lingering_.erase(found);
}

void Channels::close_late(std::int64_t now_ms) {
  std::erase_if(lingering_, [&](Lingering& each) {
    if (each.until_ms > now_ms) return false;
    end(std::move(each.channel));
    return true;
  });
}

void Channels::close_all() {
  for (std::vector<std::unique_ptr<Channel>>& channels : open_) {
    for (std::unique_ptr<Channel>& channel : channels) {
      if (channel) end(std::move(channel));
    }
  }
  for (Lingering& each : lingering_) end(std::move(each.channel));
  lingering_.clear();
}

void Channels::end(std::unique_ptr<Channel> channel) {
  channel->closed = true;
  channel->wire.close();
  closed_.push_back(std::move(channel));
}

bool Channels::clients_linger() const {
  return std::any_of(lingering_.begin(), lingering_.end(),
                     [](const Lingering& each) { return each.channel->id.kind == StreamKind::client; });
}

}  // namespace limpet::net
