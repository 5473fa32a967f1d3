// What INFO, CONFIG and CLUSTER answer from the figures of a shard. Pure.
#pragma once

#include <limpet/base/bytes.hpp>
#include <limpet/command/command.hpp>
#include <limpet/gather/actions.hpp>
#include <limpet/resp/reply.hpp>
#include <limpet/wide/figures.hpp>

namespace limpet::wide {

// CONFIG GET and HELP.
void answer_config(const command::Spec& spec, command::Args args, const Figures& figures,
                   resp::ReplyWriter& reply);
// CLUSTER INFO, MYID, KEYSLOT, WHERE and HELP.
void answer_cluster(const command::Spec& spec, command::Args args, const Figures& figures,
                    resp::ReplyWriter& reply);

// This shard's part of INFO and CLUSTER STATUS, for the shard that was asked.
void append_part(const Figures& figures, Bytes& out);
// INFO or CLUSTER STATUS, once all parts are here. `stopping`: this node is.
void answer_report(const gather::Report& report, const Figures& figures, bool stopping,
                   resp::ReplyWriter& reply);

}  // namespace limpet::wide
