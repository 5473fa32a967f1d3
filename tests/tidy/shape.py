"""The shape of the code: how much each class knows, where its functions stand, and who calls whom.

Reads tags of universal-ctags and what the files say: names, no types. `over()` gives what is over a line, in the form
of tests/tidy/debts.toml.
"""

import collections
import json
import pathlib
import re
import subprocess

from functions import without_directives, without_literals

ROOT = pathlib.Path(__file__).resolve().parents[2]

MEMBERS_MAX = 26
FUNCTIONS_MAX = 45
REACTOR_MEMBERS_MAX = 24
SHARD_LINES_MAX = 3000

# The rooms that wire machines.
WIRING = {"traffic", "wide", "following", "shard"}
# Results that a function leaves for its caller in a member, and buffers that calls share by custom.
HIDDEN = re.compile(r"\b(?:needed_|delivered_bytes_|muted_bytes_|scratch_|reply_scratch_|working_off_)")
BY_HAND = re.compile(r"\bnew\s+[\w:]|\bdelete\s+[\w:]")
ROUTE_KINDS = re.compile(r"\bRoute::Kind::")
MAY_LOOK_AT_ROUTES = {"ownership", "forward"}
NAME_OF_A_COMMAND = re.compile(
    r"(?:[=!]=\s*\"[a-zA-Z]+\"|\b(?:same_word|equals_ignore_case)\([^,()]+,\s*\"[a-zA-Z]+\")")


def _files(root):
    return sorted(path for pattern in ("include/limpet/**/*.hpp", "src/**/*.hpp", "src/**/*.cpp")
                  for path in root.glob(pattern))


def _room(path):
    parts = pathlib.PurePath(path).parts  # of a path in the tree
    return parts[2] if parts[0] == "include" else parts[1]


def _tags(files):
    command = ["ctags", "--options=NONE", "--output-format=json", "--kinds-C++=+pm-d", "--fields=+nKtaSZi", "-f", "-"]
    out = subprocess.run([*command, *map(str, files)], check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


class Shape:
    def __init__(self, root=ROOT):
        self.root = root
        self.raw = {str(path.relative_to(root)): path.read_text(encoding="utf-8") for path in _files(root)}
        self.text = {path: without_directives(without_literals(text)) for path, text in self.raw.items()}
        self.members = collections.defaultdict(dict)  # by class: name → type
        self.declared = collections.defaultdict(set)  # by class: (name, signature)
        self.bases = {}
        self.home = {}  # of a class: the file that declares it
        self.defined = collections.defaultdict(set)  # by file: (class or "", name)
        self.inline = set()  # names of functions that headers define
        for tag in sorted(_tags(_files(root)), key=lambda tag: tag["kind"] not in ("class", "struct")):
            self._take(tag)

    def _take(self, tag):
        path = str(pathlib.Path(tag["path"]).relative_to(self.root))
        scope, kind = tag.get("scope", ""), tag["kind"]
        of_class = tag.get("scopeKind") in ("class", "struct")
        if kind in ("class", "struct"):
            name = f"{scope}::{tag['name']}" if scope else tag["name"]
            self.home.setdefault(name, path)
            self.bases[name] = [base.strip() for base in tag.get("inherits", "").split(",") if base.strip()]
        elif kind == "member" and of_class and "static" not in tag.get("properties", ""):
            self.members[scope][tag["name"]] = tag.get("typeref", "").removeprefix("typename:")
        elif kind in ("prototype", "function"):
            if of_class and self.home.get(scope) == path:  # a definition elsewhere is the same function
                self.declared[scope].add((tag["name"], re.sub(r"\s", "", tag.get("signature", ""))))
            if kind == "function":
                if path.endswith(".hpp"):
                    self.inline.add(tag["name"])
                else:
                    self.defined[path].add((scope if of_class else "", tag["name"]))

    # ---- How much a class knows ----
    def _class_named(self, written, near):
        """The class of the project that is meant by a name which stands in that one."""
        scopes = near.split("::")
        for size in range(len(scopes), -1, -1):
            name = "::".join([*scopes[:size], written])
            if name in self.home:
                return name
        return None

    def _files_of(self, name):
        stem = pathlib.Path(self.home[name]).stem
        return {path for path, defined in self.defined.items() if any(scope == name for scope, _ in defined)} | {
            path for path in self.text if pathlib.Path(path).stem == stem}

    def _is_used_elsewhere(self, part, whole):
        word = re.compile(rf"\b{part.rsplit('::', 1)[-1]}\b")
        own = self._files_of(whole) | {self.home[part]}
        return any(word.search(text) for path, text in self.text.items() if path not in own)

    def member_count(self, name, seen=()):
        """Its data members, those that it inherits, and those of structs that are its own in all but name."""
        if name in seen:
            return 0
        count = len(self.members[name])
        for base in self.bases.get(name, []):
            known = self._class_named(base, name)
            if known:
                count += self.member_count(known, (*seen, name))
        for written in self.members[name].values():
            known = self._class_named(re.sub(r"^std::(?:unique_ptr|optional)<(.*)>$", r"\1", written), name)
            if known and self._has_public_fields(known) and not self._is_used_elsewhere(known, name):
                count += self.member_count(known, (*seen, name)) - 1
        return count

    def _has_public_fields(self, name):
        return any(not field.endswith("_") for field in self.members[name])

    def sizes(self):
        """By class: members and functions."""
        return {name: (self.member_count(name), len(self.declared[name])) for name in self.home}

    # ---- Where its functions stand ----
    def strays(self):
        """By class that a header declares: the files other than its own that define functions of it."""
        strays = collections.defaultdict(list)
        for path, defined in self.defined.items():
            stem = pathlib.Path(path).stem
            for name in sorted({scope for scope, _ in defined if scope}):
                home = self.home.get(name, path)
                if home == path:
                    continue
                stems = {snake(part) for part in name.split("::")} | {pathlib.Path(home).stem}
                if not any(stem == own or stem.startswith(own + "_") for own in stems):
                    strays[name].append(path)
        return strays

    # ---- Who calls whom ----
    def calls(self, room):
        """Of the .cpp files of a room: the others that each calls into, by names that one file alone defines."""
        files = [path for path in self.defined if _room(path) == room]
        definers = collections.defaultdict(set)
        for path in files:
            for scope, name in self.defined[path]:
                if self.home.get(scope, "") != path:  # what a file has for itself is nobody else's
                    definers[name].add(path)
        homes = {name: next(iter(where)) for name, where in definers.items()
                 if len(where) == 1 and name not in self.inline}
        return {path: {homes[word] for word in re.findall(r"(?<!\bstd::)\b(\w+)\s*\(", self.text[path])
                       if word in homes and homes[word] != path} for path in files}


def circles(edges):
    """The strongly connected components of more than one node (Tarjan)."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in edges.get(node, ()):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            at = stack.index(node)
            component = stack[at:]
            del stack[at:]
            if len(component) > 1:
                found.append(sorted(component))

    for node in edges:
        if node not in index:
            visit(node)
    return found


def _places(pattern, texts):
    return sum(len(pattern.findall(text)) for text in texts)


def over(shape):
    """What is over a line, by kind and name. Names are without the project's."""
    most = collections.defaultdict(lambda: MEMBERS_MAX, {"limpet::shard::Reactor": REACTOR_MEMBERS_MAX})
    sizes = {name.removeprefix("limpet::"): list(size) for name, size in shape.sizes().items()
             if size[0] > most[name] or size[1] > FUNCTIONS_MAX}
    strays = {name.removeprefix("limpet::"): len(paths) for name, paths in shape.strays().items()}
    rooms = {_room(path) for path in shape.defined}
    knots = {room: sorted((len(files) for files in circles(shape.calls(room))), reverse=True) for room in rooms}
    shard = [text for path, text in shape.raw.items() if _room(path) == "shard"]
    lines = sum(text.count("\n") for text in shard)
    places = {
        "lines of shard": lines if lines > SHARD_LINES_MAX else 0,
        "hidden results": _places(HIDDEN, [text for path, text in shape.text.items() if _room(path) in WIRING]),
        "new and delete in net": _places(BY_HAND, [text for path, text in shape.text.items() if _room(path) == "net"]),
        "routes looked at": _places(ROUTE_KINDS, [
            text for path, text in shape.text.items()
            if _room(path) not in MAY_LOOK_AT_ROUTES and pathlib.Path(path).stem != "dispatch"]),
        "commands known by name": _places(NAME_OF_A_COMMAND, [text for path, text in shape.raw.items()
                                                              if _room(path) in WIRING]),
    }
    return {
        "class": sizes,
        "stray": strays,
        "circle": {room: found for room, found in knots.items() if found},
        "place": {name: count for name, count in places.items() if count},
    }
