"""How much work a run does. A measured load lasts a second or more: a process's CPU is counted in hundredths of one."""

from dataclasses import dataclass

CONNECTIONS = 50
VALUE_BYTES = 64


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


FULL = Sizes(rounds=5, keys=100_000, requests={1: 150_000, 16: 1_000_000, 64: 2_000_000},
             callgrind_requests=(10_000, 60_000), callgrind_keys=100_000,
             strings=2_000_000, hashes=1_000_000, idle_connections=10_000, http_requests=30_000, http_sessions=3_200,
             micro_seconds=0.3)

QUICK = Sizes(rounds=2, keys=2_000, requests={1: 5_000, 16: 20_000, 64: 40_000},
              callgrind_requests=(1_000, 3_000), callgrind_keys=1_000,
              strings=50_000, hashes=50_000, idle_connections=1_000, http_requests=1_000, http_sessions=320,
              micro_seconds=0.01)
