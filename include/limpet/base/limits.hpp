// Every bound of limpet in one place: queues, buffers, retries, waits. What exceeds one gets a reply or a log line that
// says so. Those that an operator may change are defaults of settings; the others are fixed.
#pragma once

#include <cstddef>
#include <cstdint>

namespace limpet {

inline constexpr std::size_t operator""_KiB(unsigned long long n) { return n << 10; }
// In a simulation what is large is so many times smaller, so that values of any size are quick to move.
#ifndef LIMPET_SCALE
#define LIMPET_SCALE 1
#endif
inline constexpr std::size_t operator""_MiB(unsigned long long n) { return (n << 20) / LIMPET_SCALE; }

// ---- Requests of clients -------------------------------------------------------------------------------------
inline constexpr std::size_t kBulkBytesMax = 32_MiB;       // one argument; also one value
inline constexpr std::size_t kRequestBytesMax = 64_MiB;    // one request, all arguments together
inline constexpr std::size_t kRequestArgsMax = 1'000'000;  // arguments of one request
inline constexpr std::size_t kLineBytesMax = 64_KiB;       // one line of text; one header line of RESP
// The same for a client that has not authenticated, where a password is set.
inline constexpr std::size_t kUnauthBulkBytesMax = 16_KiB;
inline constexpr std::size_t kUnauthArgsMax = 10;
inline constexpr std::size_t kUnauthRequestBytesMax = 64_KiB;
inline constexpr std::size_t kGlobBytesMax = 1_KiB;  // a pattern
inline constexpr std::size_t kGlobStepsMax = 262'144;         // taken to match one against one key or field
inline constexpr std::size_t kGlobStepsInOneGo = 1'000'000;  // and against many: then SCAN leaves off, HSCAN fails
inline constexpr std::size_t kClientNameBytesMax = 256;
inline constexpr std::size_t kClientFiltersMax = 64;  // of one CLIENT KILL

// ---- Replies to clients --------------------------------------------------------------------------------------
// A client with more unread output is not parsed further, unless client-memory has room: then with half of what is left
// of that, or with so much.
inline constexpr std::size_t kOutputPauseBytes = 256_KiB;
inline constexpr std::size_t kOwedBytesMax = 128_MiB;
inline constexpr std::size_t kUnauthOutputPauseBytes = 64_KiB;  // the same for one that has not authenticated
inline constexpr std::int64_t kUnreadMs = 60'000;         // a client that takes no output for so long is closed
// Replies up to this size wait for those behind them that are on their way from elsewhere, for kTickMs at most.
inline constexpr std::size_t kHeldBytesMax = 16_KiB;
inline constexpr std::size_t kOutputBytesMax = 256_MiB;  // a client with more unread output is closed
inline constexpr std::size_t kReplyBytesMax = 64_MiB;     // one reply; a longer one becomes an error
// What a client's awaited replies may come to, going by the largest so far.
inline constexpr std::size_t kAwaitedBytes = 1_MiB;
inline constexpr std::size_t kFirstPlacesMax = 4;         // the same while it is not known how large its replies are
inline constexpr std::uint32_t kFirstReplyBytes = 16'384;  // taken for the size of such a reply; less does not count
inline constexpr std::size_t kReplyPlacesMax = 1024;      // commands of one client that wait for another shard or node
inline constexpr std::size_t kSparePlaces = 4'096;        // of theirs that are kept by a shard for the next ones
inline constexpr std::int64_t kClientNoteMs = 1'000;      // between two lines of the log about clients that are closed
inline constexpr std::size_t kErrorTextMax = 512;

// ---- Connections ---------------------------------------------------------------------------------------------
inline constexpr std::size_t kClientsMax = 10'000;        // default of max_clients
inline constexpr std::size_t kReservedDescriptors = 64;   // kept back for peers, admin and files
inline constexpr std::size_t kReadChunkBytes = 64_KiB;    // one read from a socket
inline constexpr std::size_t kPeersMax = 4'096;           // connections of other nodes to one shard
inline constexpr std::size_t kStrangersMax = 16;          // of them, unproved ones, and two for each node
inline constexpr std::int64_t kStrangerNoteMs = 1'000;    // between two lines of the log about strangers
inline constexpr std::int64_t kAuthenticateMs = 60'000;   // a client that has not given the password by then is closed
inline constexpr std::size_t kClientBytesMax = 1024_MiB;  // default of client-memory
inline constexpr std::size_t kPeerShareMin = 1_MiB;       // of it, that is kept for a node before it is not read from
inline constexpr std::size_t kOrphanBytes = 1_MiB;        // kept for a client that goes: more is looked for, and freed
inline constexpr int kListenBacklog = 511;
inline constexpr std::size_t kSocketPathBytesMax = 107;   // of a Unix socket, as sun_path has it
inline constexpr std::int64_t kAcceptRetryMs = 100;       // after descriptors ran out

// ---- Hand-over of a slot --------------------------------------------------------------------------------------
inline constexpr std::size_t kMembersMax = 4'096;           // nodes that a cluster has had, gone ones included
inline constexpr std::size_t kGuestsMax = 64;               // of them, by their own word alone or of files long gone
inline constexpr std::size_t kHandoversMax = 16;            // slots that a shard gives away at a time
inline constexpr std::size_t kHandoversMin = 2;
inline constexpr std::size_t kHandoversFirst = 4;           // at its start
inline constexpr std::size_t kHandoversGrow = 16;           // one more after so many that were frozen briefly
inline constexpr std::uint64_t kHandoffFreezeGoalMs = 4;    // a slot that is frozen for no longer costs clients nothing
inline constexpr std::size_t kReceivingMax = 1'024;         // slots that it receives at a time
inline constexpr std::int64_t kHandoffRetryMinMs = 100;     // before a node is offered slots again that took none
inline constexpr std::int64_t kHandoffRetryMaxMs = 5'000;
inline constexpr std::uint64_t kTitleFileBytes = 4_MiB;     // above it, and twice a whole one, it is written anew
inline constexpr std::size_t kHandoffPieceBytes = 16_KiB;   // of its stream in one message
inline constexpr std::size_t kHandoffWindowBytes = 256_KiB;  // of it sent, but not taken by the other side yet
inline constexpr std::size_t kHandoffAheadBytes = 64_KiB;   // copied, but not sent
inline constexpr std::size_t kHandoffFreezeBytes = 64_KiB;  // with less to go the slot is frozen
inline constexpr std::size_t kHandoffHoldBytes = 16_MiB;    // changed meanwhile, and not sent: with more, commands wait
inline constexpr std::size_t kHandoffBehindBytes = 160_MiB;  // the same: more, and it is given up
inline constexpr std::size_t kReceivedAheadBytes = 8_MiB;   // received, but not written to the journal yet
inline constexpr std::int64_t kHandoffFrozenMs = 700;       // a slot is frozen for so long, then it is given up: before
                                                            // those who wait for it do. Longer where disks are slow:
inline constexpr std::int64_t kHandoffFrozenSyncs = 3;      // so many times what the other node's takes to sync,
inline constexpr std::int64_t kHandoffFrozenMaxMs = 6'000;  // but no longer than this
inline constexpr std::size_t kHandoffSettleBytes = 256_KiB;  // a copy of more is on the disk before the slot is frozen
inline constexpr std::int64_t kHandoffSettleMs = 10'000;    // it is given up if that takes longer
inline constexpr std::int64_t kHandoffSilenceMs = 5'000;    // without a sign of progress it is given up
inline constexpr std::int64_t kHandoffKeepaliveMs = 1'000;  // where the copying has to wait, the other side hears so
inline constexpr std::uint64_t kHandoverRateMax = std::uint64_t{1} << 40;  // bytes per second: more is no limit
inline constexpr std::int64_t kPaceBurstMs = 100;           // what a pause leaves over of the rate: so much of it
inline constexpr std::int64_t kPaceGapMs = 10'000;          // a debt is paid off by so much of a longer pause
inline constexpr std::size_t kPacedSliceKeys = 4;           // kCopySliceKeys, where a rate is set
inline constexpr std::int64_t kGrantEveryMs = 200;          // until it is heard
inline constexpr std::int64_t kGrantNoteMs = 5'000;         // unheard for so long, the log says so
inline constexpr std::int64_t kAskEveryMs = 500;            // what became of a promise
inline constexpr std::int64_t kFileLagMs = 5'000;           // nodes may read a new file so far apart unremarked
inline constexpr std::int64_t kStartupGraceMs = 1'000;      // a start waits for what the others say they hold
inline constexpr std::int64_t kUnfinishedWaitMs = 10'000;   // ... and for what somebody has of a slot it was promised
inline constexpr std::int64_t kClaimWaitMs = 400;           // a claimed slot that may lack something waits
inline constexpr std::uint64_t kGoneDialsMax = 10;          // in a row, to a node that has left the file

// ---- Between nodes and shards --------------------------------------------------------------------------------
// A request or reply put together from its pieces. A step of RENAME has a name of its own beside what a client sent.
inline constexpr std::size_t kFrameBytesMax = kRequestBytesMax + kBulkBytesMax + 16_MiB;
inline constexpr std::size_t kPieceBytes = 32_KiB;        // frames above this travel in pieces of this size
inline constexpr std::size_t kGreetingBytesMax = 2_KiB;   // a frame of a peer that has not proved itself
inline constexpr std::uint8_t kHopsMax = 2;               // transfers of a command between nodes
inline constexpr std::uint8_t kFollowHopsMax = 16;        // the same, along the nodes that have given its slot away
inline constexpr std::size_t kLinkRequestsMax = 16'384;   // unanswered requests on one link or queue
inline constexpr std::size_t kLinkBytesMax = 64_MiB;      // bytes waiting to be sent on one link or queue
inline constexpr std::size_t kLinkAwaitedBytes = 1_MiB;   // of large replies awaited over one link or queue
inline constexpr std::size_t kRetainBytesMax = 64_KiB;    // a forwarded request up to this size can be sent again
inline constexpr std::size_t kSpareRequests = 64;         // whose memory is kept by a shard for the next ones
inline constexpr std::size_t kSpareRequestBytesMax = 1_KiB;  // of each
inline constexpr std::int64_t kGreetingMs = 2'000;        // a link that has not been greeted by then is closed
inline constexpr std::int64_t kDialMs = 500;              // a connect to one address that takes longer has failed
inline constexpr std::int64_t kLookUpMs = 15'000;         // for a dial the look-up of a name has failed by then
inline constexpr std::int64_t kNamePatienceMs = 150;      // where addresses are known, they do after this
inline constexpr std::int64_t kNameFreshMs = 1'000;       // what was found, or not, counts for so long
inline constexpr std::int64_t kSlowLookUpMs = 500;        // a look-up that takes longer is a slow one
inline constexpr std::size_t kLookUpsMax = 32;            // at a time, each on a thread of its own
inline constexpr std::size_t kSlowLookUpsMax = 24;        // of them, of names that were slow the last time
inline constexpr std::size_t kHostNamesMax = 1'024;       // of which addresses are kept
inline constexpr std::size_t kAddressesMax = 8;           // of one name, each of which is dialled
inline constexpr std::int64_t kForwardMs = 2'000;         // default of forward_timeout
inline constexpr std::int64_t kPingEveryMs = 500;         // a link is asked for a sign of life this often
inline constexpr std::int64_t kPeerQuietMs = 1'500;       // no sign of life for so long: new commands fail fast
inline constexpr std::int64_t kPeerDeadMs = 4'000;        // and for so long: the link is closed
inline constexpr std::int64_t kLinkProvedMs = 1'000;      // a link that lived so long is dialled again at once
inline constexpr std::int64_t kBackoffMinMs = 50;         // between two dials, doubling, with jitter
inline constexpr std::int64_t kBackoffMaxMs = 2'000;
inline constexpr std::int64_t kBounceRetryMs = 20;        // before a command that nobody owned is tried again

// ---- Copies ----------------------------------------------------------------------------------------------------
inline constexpr std::size_t kFollowersMax = 4;            // copies of a slot beside its owner's
inline constexpr std::size_t kFollowPieceBytes = 32_KiB - 64;  // of a stream in one frame, with what stands before them
inline constexpr std::size_t kFollowLogBytes = 64_MiB;     // of changes that a node keeps for followers that are behind
inline constexpr std::size_t kFollowCreditBytes = 4_MiB;   // of it that the other side has not taken yet
inline constexpr std::size_t kFollowedStatesMax = 1'000;   // of copies in one answer
inline constexpr std::size_t kFollowStepBytes = 256_KiB;   // of a stream made in one go
inline constexpr std::int64_t kFollowSilentMs = 1'500;     // awaited so long it is out, before clients give up
inline constexpr std::int64_t kFollowJoinMs = 1'000;       // commands wait so long for followers of a slot
inline constexpr std::int64_t kFollowAskMs = 5'000;        // before it is asked again for a copy that it did not take
inline constexpr std::int64_t kFollowAgainMinMs = 1'000;   // before one that went out is tried again: at first
inline constexpr std::int64_t kFollowAgainMaxMs = 60'000;  // ... and at the most
inline constexpr std::size_t kWrittenSlotsListed = 32;     // of a client, for WAIT: with more each slot has a bit
inline constexpr unsigned kFollowReplaySteps = 256;        // changes that are looked at in one go, to be sent again

// ---- Journal ---------------------------------------------------------------------------------------------------
inline constexpr std::size_t kRecordBytesMax = 128_MiB;   // the body of one record: the effects of one command
inline constexpr std::size_t kRecordSplitBytes = 16_MiB;  // effects behind this go into another record
inline constexpr std::size_t kSegmentBytes = 16_MiB;      // a journal file that has more is followed by another
inline constexpr std::size_t kChangesKeptBytes = 1_MiB;    // room for a turn's changes, if one of the last had as many
// Changes on their way to the disk: above it no large write is taken, and above so much more no small one.
inline constexpr std::size_t kUnwrittenBytesMax = 64_MiB;
inline constexpr std::size_t kUnwrittenSmallBytes = 64_MiB;
inline constexpr std::size_t kSmallWriteBytes = 16_KiB;    // the arguments of a small one
inline constexpr std::size_t kTermsRemembered = 8;         // of a slot, with how far its changes went at each
inline constexpr std::size_t kSnapshotFileBytes = 16_MiB;  // the same for a file of a snapshot
inline constexpr std::size_t kSnapshotMinBytes = 48_MiB;   // of a shard's journal, before its sessions are copied anew
inline constexpr std::size_t kSnapshotTickBytes = 1_MiB;   // copied in a tick, or
inline constexpr std::uint64_t kSnapshotPace = 4;          // so many times what was written in it
inline constexpr std::size_t kSnapshotAheadBytes = 4_MiB;  // copied, but not written yet
inline constexpr int kSnapshotStepsInOneGo = 256;          // of the copying, most of them over slots that are empty
inline constexpr std::int64_t kSnapshotRetryMs = 30'000;   // after one could not be written
// Of a slot that is copied, for a snapshot or to another node.
inline constexpr std::size_t kCopySliceKeys = 64;           // before others have their turn
inline constexpr std::size_t kCopySliceFields = 32;         // the same of a hash that has more
inline constexpr std::size_t kCopyPieceBytes = 32_KiB;      // a value above this is copied in pieces
inline constexpr std::int64_t kSyncEveryMs = 1'000;       // under durability interval
inline constexpr std::int64_t kDiskRetryMs = 500;         // after a disk was full
inline constexpr std::size_t kDiskRoomBytes = 1_MiB;      // with so much room it no longer is
inline constexpr std::int64_t kLoadingWaitMs = 1'000;     // a command for a slot that is not served yet waits so long
inline constexpr std::int64_t kLaterWaitMs = 100;         // the next one of its client, for another that is on its way
inline constexpr std::size_t kParkedBytesMax = 16_MiB;    // of such commands, from other shards and nodes
inline constexpr std::size_t kParkedLargeBytes = 2_MiB;   // those above this have room of their own:
inline constexpr std::size_t kParkedLargeBytesMax = 2 * kFrameBytesMax;
inline constexpr std::size_t kLoadPieceBytes = 256_KiB;   // handed to a shard at once at a start
inline constexpr std::size_t kLoadPieceSlots = 1'024;     // the same where most slots are empty
inline constexpr std::size_t kLoadAheadPieces = 4;        // handed to a shard that it has not taken yet

// ---- Cluster -------------------------------------------------------------------------------------------------
inline constexpr std::size_t kNodesMax = 256;
inline constexpr std::int64_t kEpochMax = std::int64_t{1} << 62;  // above it there is no room to raise it
inline constexpr std::uint64_t kWeightTotalMax = 1'000'000;  // thousandths, all nodes together: bounds the ring
inline constexpr std::size_t kShardsMax = 128;
inline constexpr std::size_t kConfigBytesMax = 1_MiB;

// ---- Admin and secrets ---------------------------------------------------------------------------------------
inline constexpr std::size_t kAdminRequestBytesMax = 8_KiB;  // a whole HTTP request to the admin address
inline constexpr std::int64_t kAdminHeadMs = 2'000;          // from its connect to the end of the request
inline constexpr std::int64_t kAdminRequestMs = 5'000;       // and to the end of the answer
inline constexpr std::int64_t kAdminLingerMs = 250;          // after it, until the other side closes
inline constexpr std::size_t kAdminConnectionsMax = 32;      // with one more, one that is there goes
inline constexpr std::size_t kAdminPagesMax = 16;            // of them, who are sent a long page or wait for one
inline constexpr std::size_t kSecretBytesMax = 4_KiB;        // a file of passwords or of the cluster's secrets
inline constexpr std::size_t kSecretsMax = 2;                // in it: the new one, and the one before

// ---- Work in one go ------------------------------------------------------------------------------------------
inline constexpr std::size_t kTurnCommandsMax = 256;      // of one client, before others have their turn
inline constexpr std::size_t kTurnReplyBytes = 64_KiB;    // the same by what was answered, seen or not; a peer's, too
inline constexpr std::size_t kTurnYieldedMax = 4;         // clients and peers that had to stop go on in one turn
inline constexpr std::size_t kLookAheadMax = 16;          // keys whose memory is fetched at once
inline constexpr std::size_t kAheadArgsMax = 64;          // no request is read ahead behind one with more
inline constexpr std::size_t kAheadArgsKept = 1'024;      // larger argument vectors are freed
inline constexpr int kLooksInATurn = 4;                   // at the sockets: the more goes in, the fewer writes come out
inline constexpr int kCaptureLooksMax = 100;              // at a directory that changes, before it is given up
inline constexpr int kAcceptsInOneGo = 64;                // connections taken before others have their turn
inline constexpr std::size_t kScanVisitsInOneGo = 8;      // keys SCAN matches before it looks at kGlobStepsInOneGo
inline constexpr std::int64_t kTickMs = 50;               // housekeeping of a shard
inline constexpr std::size_t kExpireStepsPerTick = 20'000;  // records looked at for expiry in one tick
inline constexpr std::size_t kEvictSessionsMax = 1'000;     // taken out for one write before it is refused
inline constexpr std::size_t kScanCountMax = 10'000;      // COUNT of SCAN is cut to this
inline constexpr std::int64_t kStopMs = 5'000;            // default of stop_timeout
inline constexpr std::int64_t kLogEndMs = 1'000;          // at the end, for what is still to be written to the log

}  // namespace limpet
