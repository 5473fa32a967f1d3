#!/usr/bin/env python3
"""Rules that keep limpet readable, as tests. A failure lists every place as FILE:LINE."""

import pathlib
import re
import tomllib
import unittest

from functions import functions, without_directives, without_literals
from rooms import MAY_LOG, MAY_USE_ASIO, PURE, ROOMS, differences, documented_in, linked_by
from words import former, glossary, one_meaning, unused, with_another_meaning

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ["include", "src", "tests", "bench", "cmake", "config", "docs", "scripts", ".ci"]
SKIPPED = {"node_modules", "__pycache__"}

LINE_MAX = 120
FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 600

# A pure room is told the time and its seeds, and hands out what happened. It has no way to ask or to tell.
IMPURE_HEADERS = re.compile(
    r"#\s*include\s*[<\"](random|iostream|fstream|ctime|time\.h|thread|mutex|shared_mutex|"
    r"future|condition_variable|filesystem|unistd\.h|fcntl\.h|sys/(?!types\.h).*|netinet/.*|arpa/.*|poll\.h|"
    r"netdb\.h|asio.*|spdlog/.*|httplib\.h|prometheus/.*)[>\"]")
IMPURE_CALLS = re.compile(
    r"\b(?:system_clock|steady_clock|high_resolution_clock|random_device|clock_gettime|gettimeofday|getrandom|"
    r"arc4random|getenv)\b|::now\(|\bs?rand\(|\btime\(\s*(?:0|NULL|nullptr|&)|"
    r"\bstd::(?:cout|cerr|clog)\b|\b(?:f?printf|fopen|puts)\(")
# What may break that rule, and why.
IMPURE_EXCEPTIONS = {"src/base/assert.cpp"}  # a broken assertion says where before it ends the process

# Written so that this file does not contain the words itself.
UNFINISHED = re.compile(r"\b(?:" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"]) + r")\b")


def text_files():
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and not SKIPPED.intersection(path.parts):
                try:
                    yield path, path.read_text(encoding="utf-8")
                except UnicodeDecodeError:
                    continue  # a picture or test data
    for path in sorted(ROOT.glob("*")):
        if path.is_file() and path.suffix in {".txt", ".md", ".json"}:
            yield path, path.read_text(encoding="utf-8")


def cpp_files(*folders):
    for path, text in text_files():
        if path.suffix in {".hpp", ".cpp"} and path.relative_to(ROOT).parts[0] in folders:
            yield path, text


def room_of(path):
    parts = path.relative_to(ROOT).parts
    return parts[2] if parts[0] == "include" else parts[1]


def identifiers(text):
    return re.findall(r"\b[A-Za-z_]\w*", without_directives(without_literals(text)))


def place(path, line):
    return f"{path.relative_to(ROOT)}:{line}"


def found(path, pattern, text):
    return [f"{place(path, number)}: {line.strip()}"
            for number, line in enumerate(text.splitlines(), 1) if pattern.search(line)]


class Tidy(unittest.TestCase):
    maxDiff = None

    def none(self, offences, rule):
        if offences:
            self.fail(f"{rule}\n  " + "\n  ".join(offences))

    def test_a_room_includes_only_from_rooms_that_the_table_names(self):
        include = re.compile(r"#\s*include\s*[<\"]limpet/(\w+)/")
        offences = []
        for path, text in cpp_files("include", "src"):
            room = room_of(path)
            if room not in ROOMS:
                offences.append(f"{path.relative_to(ROOT)}: '{room}' is no room of the table in tests/tidy/rooms.py")
                continue
            for number, line in enumerate(text.splitlines(), 1):
                match = include.match(line)
                if match and match.group(1) != room and match.group(1) not in ROOMS[room]:
                    offences.append(f"{place(path, number)}: {room} may not include from {match.group(1)}")
        self.none(offences, "Upward or sideways includes:")

    def test_a_public_header_includes_no_private_one(self):
        quoted = re.compile(r"#\s*include\s*\"")
        self.none([line for path, text in cpp_files("include") for line in found(path, quoted, text)],
                  "Private headers in public ones:")

    def test_rooms_import_by_one_table_wherever_it_is_stated(self):
        build = {room: (ROOT / "src" / room / "CMakeLists.txt").read_text(encoding="utf-8") for room in ROOMS}
        document = documented_in((ROOT / "docs/ARCHITECTURE.md").read_text(encoding="utf-8"))
        self.none(differences(build, document), "Rooms by rooms.py, the build and docs/ARCHITECTURE.md:")

    def test_pure_rooms_have_no_clock_chance_files_sockets_or_logs(self):
        offences = []
        for path, text in cpp_files("include", "src"):
            if room_of(path) not in PURE or str(path.relative_to(ROOT)) in IMPURE_EXCEPTIONS:
                continue
            offences += found(path, IMPURE_HEADERS, text) + found(path, IMPURE_CALLS, without_literals(text))
        self.none(offences, "Pure rooms are told, they do not ask:")

    def test_asio_and_spdlog_stay_on_the_upper_floors(self):
        offences = []
        for path, text in cpp_files("include", "src"):
            for library, rooms in (("asio", MAY_USE_ASIO), ("spdlog", MAY_LOG)):
                if room_of(path) not in rooms:
                    offences += found(path, re.compile(rf"#\s*include\s*<{library}"), text)
        self.none(offences, "Libraries in rooms that must not know them:")

    def test_nothing_is_left_unfinished(self):
        self.none([line for path, text in text_files() for line in found(path, UNFINISHED, text)], "Unfinished:")

    def test_lines_are_short_and_without_tabs(self):
        offences = []
        for path, text in text_files():
            if path.suffix not in {".hpp", ".cpp", ".py", ".cmake", ".sh", ".js"} and path.name != "CMakeLists.txt":
                continue
            for number, line in enumerate(text.splitlines(), 1):
                if len(line) > LINE_MAX:
                    offences.append(f"{place(path, number)}: {len(line)} characters")
                if "\t" in line:
                    offences.append(f"{place(path, number)}: a tab")
                if line != line.rstrip():
                    offences.append(f"{place(path, number)}: white space at the end")
        self.none(offences, f"Lines have at most {LINE_MAX} characters, and no tabs:")

    def test_functions_fit_a_screen(self):
        offences = [f"{place(path, first)}: {name} has {count} lines"
                    for path, text in cpp_files("include", "src", "tests", "bench")
                    for first, name, count in functions(text) if count > FUNCTION_LINES_MAX]
        self.none(offences, f"Functions have at most {FUNCTION_LINES_MAX} lines:")

    def test_files_hold_one_idea(self):
        offences = [f"{path.relative_to(ROOT)}: {text.count(chr(10))} lines" for path, text in text_files()
                    if path.suffix in {".hpp", ".cpp", ".py", ".js"} and text.count("\n") > FILE_LINES_MAX]
        self.none(offences, f"Files have at most {FILE_LINES_MAX} lines:")

    def test_public_headers_begin_with_what_they_are(self):
        offences = []
        for path, text in cpp_files("include"):
            if not re.match(r"// \S.*\n", text):
                offences.append(str(path.relative_to(ROOT)))
            elif "#pragma once" not in text:
                offences.append(f"{path.relative_to(ROOT)}: no #pragma once")
        self.none(offences, "Public headers open with a comment that says what the thing is:")

    def test_words_mean_what_the_glossary_says_and_former_names_stay_away(self):
        document = (ROOT / "docs/ARCHITECTURE.md").read_text(encoding="utf-8")
        code = dict(cpp_files("include", "src"))
        names = {name for text in code.values() for name in identifiers(text)}
        self.none(unused(glossary(document), "\n".join(code.values())), "Words of the glossary that nothing uses:")
        self.none([f"{name}: '{word}' has one meaning, which docs/ARCHITECTURE.md gives with its names"
                   for word, patterns in one_meaning(document).items()
                   for name in with_another_meaning(word, patterns, names)], "Words with another meaning:")
        in_tests = [identifiers(text) for _, text in cpp_files("tests", "bench")]
        self.none([f"{name}: {why}" for name, why in former(names.union(*in_tests)).items()], "Former names:")

    def test_the_faults_that_are_put_into_the_code_have_their_place_there(self):
        faults = tomllib.loads((ROOT / "tests/mutations/faults.toml").read_text(encoding="utf-8"))["fault"]
        places = [(fault, (ROOT / fault["file"]).read_text(encoding="utf-8").count(fault["old"])) for fault in faults]
        self.none([f"{fault['name']}: {count} times in {fault['file']}" for fault, count in places if count != 1],
                  "The 'old' of a fault stands in its file once:")


class TheRulesThemselves(unittest.TestCase):
    def test_a_long_function_is_found(self):
        body = "\n".join("  f();" for _ in range(80))
        source = f"namespace a {{\nstruct B {{\n  int c(int d) const {{\n{body}\n  }}\n}};\n}}\n"
        self.assertEqual(list(functions(source)), [(3, "c", 82)])

    def test_braces_in_literals_and_tables_are_no_functions(self):
        source = 'constexpr int kT[] = {\n  f(1),\n  2};\nvoid g() { const char* s = "{ ( }"; char c = \'{\'; }\n'
        self.assertEqual(list(functions(source)), [(4, "g", 1)])

    def test_what_the_build_and_the_document_say_of_rooms_is_read(self):
        self.assertEqual(linked_by("limpet_room(a\n  SOURCES x.cpp y.cpp  # of b\n  ROOMS base b\n    c\n"
                                   "  LIBRARIES tl::expected)\nadd_executable(ROOMS d)\n"), {"base", "b", "c"})
        self.assertEqual(linked_by("limpet_room(base\n  SOURCES a.cpp)\n"), set())
        self.assertEqual(linked_by("add_library(limpet_a STATIC a.cpp)\ntarget_link_libraries(limpet_a\n"
                                   "  PUBLIC limpet_base fmt::fmt\n  PRIVATE limpet_b)\nlimpet_flags(limpet_a)\n"),
                         {"base", "b"})
        rows = "| 0 | `base` | results, `bytes` | | pure |\n| 3 | `a` | much | base, b | I/O |\n"
        self.assertEqual(documented_in(rows), {"base": (0, set(), "pure"), "a": (3, {"base", "b"}, "I/O")})

    def test_a_room_that_is_stated_otherwise_in_one_place_is_found(self):
        build = {room: f"limpet_room({room} ROOMS {' '.join(rooms)})" for room, rooms in ROOMS.items()}
        document = {room: (floor, set(ROOMS[room]), "pure" if room in PURE else "I/O")
                    for floor, room in enumerate(ROOMS)}
        self.assertEqual(differences(build, document), [])
        floor, imports, kind = document["ring"]
        for wrong in [(floor, imports | {"store"}, kind), (floor, set(), kind), (floor, imports, "I/O"),
                      (0, imports, kind)]:
            self.assertNotEqual(differences(build, document | {"ring": wrong}), [], wrong)
        for wrong in ["limpet_room(ring ROOMS base store)", "limpet_room(ring SOURCES a.cpp)"]:
            self.assertNotEqual(differences(build | {"ring": wrong}, document), [], wrong)
        self.assertNotEqual(differences(build, document | {"attic": (99, set(), "pure")}), [])
        self.assertNotEqual(differences(build, {room: row for room, row in document.items() if room != "ring"}), [])

    def test_words_are_read_and_judged(self):
        document = ("| word | meaning |\n|---|---|\n| **node**, **big node** | a process |\n\n"
                    "| word | its one meaning | names |\n|---|---|---|\n| **turn** | a go | `turn*`, `kTurn*` |\n")
        self.assertEqual(list(glossary(document)), ["node", "big node", "turn"])
        self.assertEqual(glossary(document)["big node"], "a process")
        self.assertEqual(unused(["node", "big node", "term"], "// Nodes.\nint terminal; // a big node"), ["term"])
        self.assertEqual(one_meaning(document), {"turn": ["turn*", "kTurn*"]})
        names = {"turn", "kTurnsMax", "turn_", "in_turn", "TurnAway", "turning", "return_turns"}
        others = with_another_meaning("turn", ["turn*", "kTurn*"], names)
        self.assertEqual(others, ["TurnAway", "in_turn", "return_turns"])
        self.assertEqual(set(former({"needed_", "needed", "SlotTurns", "deaf_"})), {"needed_", "deaf_"})

    def test_impure_lines_are_recognised(self):
        for line in ["auto t = std::chrono::steady_clock::now();", "srand(1)", "time(nullptr)", "std::cout << 1"]:
            self.assertTrue(IMPURE_CALLS.search(line), line)
        for line in ["now.wall_ms", "expire_time(key)", "strand(x)", "snprintf"]:
            self.assertFalse(IMPURE_CALLS.search(line), line)


if __name__ == "__main__":
    unittest.main(verbosity=2)
