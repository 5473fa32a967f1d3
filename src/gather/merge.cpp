#include "merge.hpp"

#include <limpet/base/hash.hpp>
#include <limpet/base/number.hpp>
#include <string>
#include <vector>

#include "array_reader.hpp"

namespace limpet::gather {

namespace {

struct Pick {
  std::uint64_t of = 0;  // so many
  std::string_view picked;
};

Pick pick(Parts parts, std::uint64_t random) {
  Pick all;
  // Each key that there is has the same chance to be in the part that is left.
  for (const Part& part : parts) {
    ArrayReader reader(part.reply.view());
    const std::uint64_t count = parse_uint64(reader.next_text()).value_or(0);
    if (count == 0) continue;
    all.of += count;
    random = hash64({reinterpret_cast<const char*>(&random), sizeof random});
    if (random % all.of < count) all.picked = reader.next_text();
  }
  return all;
}

std::int64_t integer_of(const Part& part) {
  if (!part.reply.view().starts_with(':')) return 0;
  const std::string_view line = part.reply.view().substr(1);
  return parse_int64(line.substr(0, line.find('\r'))).value_or(0);
}

}  // namespace

std::int64_t sum_of(Parts parts) {
  std::int64_t sum = 0;
  for (const Part& part : parts) sum += integer_of(part);
  return sum;
}

// A part whose answer did not count has no reply.
std::int64_t least_of(Parts parts) {
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  for (const Part& part : parts) {
    if (!part.reply.empty()) least = std::min(least, integer_of(part));
  }
  return least;
}

void merge_sum(Parts parts, resp::ReplyWriter& reply) { reply.integer(sum_of(parts)); }

void merge_in_key_order(Parts parts, std::span<const std::uint32_t> part_of_key, resp::ReplyWriter& reply) {
  std::vector<ArrayReader> readers;
  readers.reserve(parts.size());
  for (const Part& part : parts) readers.emplace_back(part.reply.view());
  reply.array(part_of_key.size());
  for (const std::uint32_t part : part_of_key) {
    const std::string_view element = readers[part].next();
    element.empty() ? reply.null() : reply.out().append(element);
  }
}

void merge_concat(Parts parts, resp::ReplyWriter& reply) {
  std::vector<ArrayReader> readers;
  std::size_t elements = 0;
  for (const Part& part : parts) elements += readers.emplace_back(part.reply.view()).left();
  reply.array(elements);
  for (ArrayReader& reader : readers) {
    while (reader.left() > 0) {
      // Another node may promise more elements than it sends.
      const std::string_view element = reader.next();
      element.empty() ? reply.null() : reply.out().append(element);
    }
  }
}

void merge_text(Parts parts, resp::ReplyWriter& reply) {
  std::string text;
  for (const Part& part : parts) {
    ArrayReader reader(part.reply.view());
    while (reader.left() > 0) text += reader.next_text();
  }
  reply.verbatim(text);
}

void merge_pick(Parts parts, std::uint64_t random, resp::ReplyWriter& reply) {
  const Pick all = pick(parts, random);
  reply.array(all.of == 0 ? 1 : 2);
  reply.bulk_integer(static_cast<std::int64_t>(all.of));
  if (all.of > 0) reply.bulk(all.picked);
}

void reply_pick(Parts parts, std::uint64_t random, resp::ReplyWriter& reply) {
  const Pick all = pick(parts, random);
  all.of == 0 ? reply.null() : reply.bulk(all.picked);
}

void merge_by_node(Parts parts, const cluster::View& view, resp::ReplyWriter& reply) {
  reply.array(parts.size() * 2);
  for (const Part& part : parts) {
    reply.bulk(view.nodes[part.node].name);
    if (part.outcome == peer::Outcome::done) {
      reply.out().append(part.reply.view());
    } else {
      reply.error(part.reply.view());
    }
  }
}

}  // namespace limpet::gather
