// The ways to put the replies of parts together. REQUIRES: none of the parts is an error.
#pragma once

#include <cstdint>
#include <limpet/cluster/view.hpp>
#include <limpet/gather/part.hpp>
#include <limpet/resp/reply.hpp>
#include <span>

namespace limpet::gather {

[[nodiscard]] std::int64_t sum_of(Parts parts);
void merge_sum(Parts parts, resp::ReplyWriter& reply);
[[nodiscard]] std::int64_t least_of(Parts parts);
// Arrays with an element for each key of their part, back in the order of the keys. `part_of_key`: by key,
// the part that has it.
void merge_in_key_order(Parts parts, std::span<const std::uint32_t> part_of_key, resp::ReplyWriter& reply);
void merge_concat(Parts parts, resp::ReplyWriter& reply);
// Bulk strings in arrays, one behind the other in one text.
void merge_text(Parts parts, resp::ReplyWriter& reply);
// Of parts [how many, one of them] one such part, chosen by `random` in proportion; [0] if there is nothing.
void merge_pick(Parts parts, std::uint64_t random, resp::ReplyWriter& reply);
// The same, as the client gets it: the one, or null.
void reply_pick(Parts parts, std::uint64_t random, resp::ReplyWriter& reply);
// [name of the node, what it says, ...], also of those that do not answer.
void merge_by_node(Parts parts, const cluster::View& view, resp::ReplyWriter& reply);

}  // namespace limpet::gather
