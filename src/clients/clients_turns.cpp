// The turns of clients, and what time makes of them.
#include <limpet/clients/clients.hpp>
#include <string>
#include <utility>

namespace limpet::clients {

namespace {
// How often clients that do not read are looked for.
constexpr std::int64_t kUnreadEveryMs = 1'000;
}  // namespace

// ---- Turns ----

void Clients::begin_turn(Client& client, std::string_view bytes, Lsn safe) {
  begin_output(client);
  if (!bytes.empty()) lend_buffer(client.out);
  // The usual case: whole requests, read where they stand.
  if (client.input.empty()) {
    intake_.begin(client, bytes);
  } else {
    client.input.append(bytes);
    intake_.begin(client, client.input.view());
  }
  if (!client.gate.is_shut(safe)) return;
  // Its replies so far are not safe yet. More of them would only make it wait longer.
  client.turn.stall();
  intake_.skip();
}

void Clients::end_turn(Client& client, bool last, Lsn safe) {
  if (last && !client.turn.is_stalled() && !client.ending) end(client, safe);
  client.reading = !client.turn.is_stalled() && !client.ending;
  if (client.ending) {
    client.input.release();
  } else if (client.input.empty()) {
    client.input.append(intake_.rest());
  } else {
    client.input.consume(intake_.taken());
  }
  if (client.input.empty() && client.input.capacity() > 0) client.input.release();
  end_output(client);
  output_changed(client, safe);
}

// ---- Time, and what all of them take ----

void Clients::tick(bool strangers_may_stay, std::int64_t idle_ms, Lsn safe, Now now) {
  tick_held(safe);
  tick_unread(strangers_may_stay, safe, now);
  if (idle_ms == 0) return;
  each([&](Client& client) {
    const bool idle = now.steady_ms - client.last_used_ms >= idle_ms;
    if (idle && !client.ending && client.replies.empty()) end(client, safe);
  });
}

void Clients::tick_unread(bool strangers_may_stay, Lsn safe, Now now) {
  if (now.steady_ms - unread_checked_ms_ < kUnreadEveryMs) return;
  unread_checked_ms_ = now.steady_ms;
  each([&](Client& client) {
    if (!client.out.empty() && now.steady_ms - client.last_used_ms >= kUnreadMs) {
      give_up_on(client, "has not read its replies for " + std::to_string(kUnreadMs / 1000) + " s", now);
    } else if (!client.authenticated && !strangers_may_stay &&
               now.steady_ms - client.opened_ms >= kAuthenticateMs) {
      end(client, safe);
    }
  });
}

void Clients::give_up_on(Client& client, const std::string& why, Now now) {
  warn("client " + client.origin.address + " " + why + ": closed", now);
  client.ending = client.broken = true;
  client.out.release();
  client.input.release();
  client.backlog.reset();
  client.replies.clear(places_);
  account(client);
  if (client.memory.charged > 0) given_up_.push_back(client.id);
  dirty_.abort(client, client.id);
}

void Clients::shed(Now now) {
  std::vector<Client*> with_something;
  each([&](Client& client) {
    if (!client.aborted && client.memory.kept() > 0) with_something.push_back(&client);
  });
  for (Client* client : memory_.who_pays(std::move(with_something))) {
    give_up_on(*client,
               "has " + std::to_string(client->memory.kept()) +
                   " bytes of requests and replies under way, and all clients together more than "
                   "client-memory",
               now);
  }
}

}  // namespace limpet::clients
