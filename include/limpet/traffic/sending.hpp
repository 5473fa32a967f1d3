// Sending: commands go out to another shard or node, as the Forwarder (forward/forwarder.hpp) takes them.
//
// Owned by a shard, on its thread. What becomes of a command stands with the forwarder; one whose target is
// known to be out of reach is answered at once.
#pragma once

#include <cstdint>
#include <limpet/base/bytes.hpp>
#include <limpet/base/time.hpp>
#include <limpet/clients/clients.hpp>
#include <limpet/cluster/view.hpp>
#include <limpet/command/command.hpp>
#include <limpet/forward/forwarder.hpp>
#include <limpet/peer/frame.hpp>
#include <limpet/traffic/config.hpp>
#include <limpet/traffic/delivery.hpp>
#include <limpet/traffic/linking.hpp>
#include <memory>
#include <string>
#include <string_view>

namespace limpet::traffic {

class Sending {
 public:
  // One command, as it is sent on.
  struct Parcel {
    forward::Target target{};
    Slot slot = forward::kNoSlot;
    forward::Origin origin{};
    bool write = false;
  };

  Sending(const std::shared_ptr<const cluster::View>& view, const ShardTunables& tunables, const Now& now,
          forward::Forwarder& forwarder, clients::Clients& clients, Delivery& delivery,
          const Linking& linking)
      : view_(view),
        tunables_(tunables),
        now_(now),
        forwarder_(forwarder),
        clients_(clients),
        delivery_(delivery),
        linking_(linking) {}

  // Is there room on the way to this target for one more? If not, the client is woken once there is.
  [[nodiscard]] bool has_room(forward::Target target, const clients::Client& client);
  // A command begins its way here. Returns the length of its body.
  std::size_t begin(const Parcel& parcel, peer::Reach reach, resp::Version version, bool authenticated,
                    command::Args args);
  // `body`: as it stands in a request frame. `hops`: with which it came here; 0: it begins its way here.
  void pass_on(const Parcel& parcel, std::string_view body, std::uint8_t hops);
  // The same; it makes one more hop.
  void pass_on_further(const Parcel& parcel, std::string_view body, std::uint8_t hops);

  // What a request says that begins its way here.
  [[nodiscard]] peer::Request first_hop(peer::Reach reach, resp::Version version, bool authenticated) const;
  [[nodiscard]] std::int64_t deadline_ms() const { return now_.steady_ms + tunables_.forward_timeout_ms; }

  // Why a command has no answer, for people.
  [[nodiscard]] std::string why_ended(const forward::Forwarder::Action& action) const;

  // What was needed for something large once is not kept for ever.
  void trim() { drop_large(body_); }

 private:
  const std::shared_ptr<const cluster::View>& view_;
  const ShardTunables& tunables_;
  const Now& now_;
  forward::Forwarder& forwarder_;
  clients::Clients& clients_;
  Delivery& delivery_;
  const Linking& linking_;
  Bytes body_;  // of a command that goes out; kept for its memory
};

}  // namespace limpet::traffic
