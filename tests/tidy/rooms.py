"""The rooms of limpet, floor by floor: which other rooms each may include from, and which are pure.

The one copy of the table that a test reads; docs/ARCHITECTURE.md explains it.
"""

ROOMS = {
    "base": [],
    "resp": ["base"],
    "ring": ["base"],
    "store": ["base"],
    "journal": ["base", "store"],
    "peer": ["base"],
    "handoff": ["base", "store"],
    "cluster": ["base", "ring"],
    "command": ["base", "resp", "store"],
    "ownership": ["base", "ring", "store", "peer", "handoff", "cluster"],
    "engine": ["base", "resp", "store", "journal", "command"],
    "links": ["base", "ring", "peer", "cluster"],
    "forward": ["base", "ring", "peer", "cluster", "ownership"],
    "clients": ["base", "resp", "store", "command"],
    "gather": ["base", "resp", "ring", "peer", "cluster", "command", "forward"],
    "reports": ["base", "resp", "ring", "store", "cluster", "command", "engine", "links"],
    "shard": ["base", "resp", "ring", "store", "journal", "peer", "handoff", "cluster", "command", "ownership",
              "engine", "links", "forward", "clients", "gather", "reports"],
    "net": ["base", "resp", "journal", "peer", "cluster", "engine", "links", "clients", "shard"],
    "disk": ["base", "store", "journal", "handoff"],
    "node": ["base", "resp", "ring", "store", "journal", "peer", "handoff", "cluster", "command", "ownership",
             "engine", "links", "clients", "reports", "shard", "net", "disk"],
    "limpetd": ["base", "resp", "ring", "store", "journal", "peer", "cluster", "command", "ownership", "engine",
                "clients", "reports", "shard", "net", "disk", "node"],
    "limpet": ["base", "resp", "ring", "store", "journal", "peer", "cluster", "command", "ownership", "engine",
               "clients", "shard", "net", "disk", "node"],
}

PURE = ["base", "resp", "ring", "store", "journal", "peer", "handoff", "cluster", "command", "ownership", "engine",
        "links", "forward", "clients", "gather", "reports", "shard"]
MAY_USE_ASIO = ["net", "node", "limpet"]
MAY_LOG = ["node", "limpetd", "limpet"]
