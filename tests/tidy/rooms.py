"""The rooms of limpet, floor by floor: which other rooms each may include from, and which are pure.

The builds of the rooms (src/*/CMakeLists.txt) and docs/ARCHITECTURE.md, which explains them, state the same;
tidy_test.py compares the three with what is below.
"""

import re

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
    "replica": ["base", "cluster", "store", "journal"],
    "ownership": ["base", "ring", "store", "peer", "handoff", "cluster"],
    "engine": ["base", "resp", "store", "journal", "command"],
    "links": ["base", "ring", "peer", "cluster"],
    "forward": ["base", "ring", "peer", "cluster", "ownership"],
    "clients": ["base", "resp", "store", "command"],
    "gather": ["base", "resp", "ring", "peer", "cluster", "command", "forward"],
    "reports": ["base", "resp", "ring", "store", "handoff", "cluster", "command", "engine", "links"],
    "traffic": ["base", "resp", "ring", "store", "journal", "replica", "peer", "handoff", "cluster", "command",
                "ownership", "engine", "links", "forward", "clients", "gather", "reports"],
    "wide": ["base", "resp", "ring", "store", "peer", "handoff", "cluster", "command", "ownership", "engine", "links",
             "forward", "clients", "gather", "reports", "traffic"],
    "following": ["base", "store", "journal", "replica", "peer", "handoff", "cluster", "ownership", "engine", "links",
                  "reports", "traffic"],
    "shard": ["base", "resp", "ring", "store", "journal", "replica", "peer", "handoff", "cluster", "command",
              "ownership", "engine", "links", "forward", "clients", "gather", "reports", "traffic", "wide",
              "following"],
    "net": ["base", "resp", "cluster", "shard"],
    "disk": ["base", "store", "journal", "handoff"],
    "node": ["base", "journal", "handoff", "cluster", "command", "ownership", "links", "reports", "shard", "net",
             "disk"],
    "limpetd": ["base", "cluster", "net", "node"],
    "limpet": ["base", "resp", "store", "journal", "cluster", "net", "disk"],
}

PURE = ["base", "resp", "ring", "store", "journal", "replica", "peer", "handoff", "cluster", "command", "ownership",
        "engine", "links", "forward", "clients", "gather", "reports", "traffic", "wide", "following", "shard"]
MAY_USE_ASIO = ["net", "node", "limpet"]
MAY_LOG = ["node", "limpetd", "limpet"]


def linked_by(build):
    """The rooms that a room's CMakeLists.txt links."""
    build = re.sub(r"#.*", "", build)
    lists = re.search(r"\blimpet_room\((.*?)\)", build, re.S)
    if lists:
        return set(re.search(r"\bROOMS\s+((?:[a-z]\w*\s*)*)", lists[1] + " ROOMS ")[1].split())
    libraries = re.search(r"\btarget_link_libraries\(limpet_\w+(.*?)\)", build, re.S)
    return set(re.findall(r"\blimpet_(\w+)", libraries[1]))


def documented_in(text):
    """The table of rooms of docs/ARCHITECTURE.md, by room: its floor, the rooms that it imports, "pure" or "I/O"."""
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \|[^|]*\| ([^|]*)\| (pure|I/O) \|$", text, re.M)
    return {room: (int(floor), set(re.findall(r"\w+", imports)), kind) for floor, room, imports, kind in rows}


def differences(build, document):
    """What the builds of the rooms, by room, and the document say otherwise than ROOMS and PURE."""
    found = [f"{room}: ROOMS of rooms.py has {sorted(ROOMS[room])}, {where} {sorted(names)}"
             for room in ROOMS for where, names in (("CMakeLists.txt", linked_by(build[room])),
                                                    ("ARCHITECTURE.md", document.get(room, (0, {"no row"}, ""))[1]))
             if names != set(ROOMS[room])]
    for room, (floor, imports, kind) in document.items():
        if room not in ROOMS:
            found.append(f"{room}: has a row in ARCHITECTURE.md, but not in rooms.py")
        elif (kind == "pure") != (room in PURE):
            found.append(f"{room}: '{kind}' in ARCHITECTURE.md, but not so by PURE of rooms.py")
        found += [f"{room}: on floor {floor} of ARCHITECTURE.md, imports {other} of floor {document[other][0]}"
                  for other in sorted(imports) if other in document and document[other][0] >= floor]
    return found
