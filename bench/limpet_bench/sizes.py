"""How much work a run does. A measured load lasts a second or more: a process's CPU is counted in hundredths of one."""

from dataclasses import dataclass

CONNECTIONS = 50
VALUE_BYTES = 64


@dataclass(frozen=True)
class JournalSizes:
    always_requests: dict     # by pipeline depth; each waits for a disk
    sessions: int             # loaded beside redis-server
    many_sessions: int        # loaded by limpet alone
    tries: int                # of the first GET among those
    paced_sessions: int
    paced_seconds: int
    settle_seconds: float     # before them, for what a snapshot was provoked with to reach the disk
    capacity_seconds: int
    space_sessions: int
    space_turns: int          # how often all of those are written anew
    disk_bytes: int
    disk_seconds: float


@dataclass(frozen=True)
class Sizes:
    rounds: int
    keys: int
    requests: dict            # by pipeline depth
    callgrind_requests: tuple  # of the short and of the long run
    callgrind_keys: int
    strings: int
    hashes: int
    idle_connections: int
    http_requests: int
    http_sessions: int
    micro_seconds: float
    moving_sessions: int
    moving_loaded_sessions: int
    moving_seconds: int       # of load
    moving_pause: int         # seconds before, between and behind an add and a removal
    journal: JournalSizes


FULL = Sizes(rounds=5, keys=100_000, requests={1: 150_000, 16: 1_000_000, 64: 2_000_000},
             callgrind_requests=(10_000, 60_000), callgrind_keys=100_000,
             strings=2_000_000, hashes=1_000_000, idle_connections=10_000, http_requests=30_000, http_sessions=3_200,
             micro_seconds=0.3,
             moving_sessions=3_000_000, moving_loaded_sessions=1_000_000, moving_seconds=30, moving_pause=6,
             journal=JournalSizes(always_requests={1: 50_000, 16: 400_000}, sessions=2_000_000,
                                  many_sessions=10_000_000, tries=5, paced_sessions=1_000_000, paced_seconds=12,
                                  settle_seconds=1.5, capacity_seconds=3, space_sessions=1_000_000, space_turns=20,
                                  disk_bytes=512 << 20, disk_seconds=2))

QUICK = Sizes(rounds=2, keys=2_000, requests={1: 5_000, 16: 20_000, 64: 40_000},
              callgrind_requests=(1_000, 3_000), callgrind_keys=1_000,
              strings=50_000, hashes=50_000, idle_connections=1_000, http_requests=1_000, http_sessions=320,
              micro_seconds=0.01,
              moving_sessions=60_000, moving_loaded_sessions=20_000, moving_seconds=20, moving_pause=3,
              journal=JournalSizes(always_requests={1: 2_000, 16: 20_000}, sessions=50_000, many_sessions=200_000,
                                   tries=2, paced_sessions=200_000, paced_seconds=4, settle_seconds=0.2,
                                   capacity_seconds=1, space_sessions=100_000, space_turns=10,
                                   disk_bytes=16 << 20, disk_seconds=0.2))
