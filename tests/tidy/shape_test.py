#!/usr/bin/env python3
"""No class knows everything, each stands in its own files, and files of a room do not call each other in a circle.

What was over these lines when they were drawn stands in debts.toml. It may only shrink: what has is to be lowered
there, so that it does not grow again.

  shape_test.py            the tests
  shape_test.py --debts    what debts.toml would be
"""

import json
import pathlib
import re
import sys
import tempfile
import tomllib
import unittest

from shape import FUNCTIONS_MAX, MEMBERS_MAX, Shape, circles, over

DEBTS = pathlib.Path(__file__).with_name("debts.toml")
COMMANDS = pathlib.Path(__file__).resolve().parents[2] / "src" / "command"
ROW_LINES_MAX = 11
RULES = {
    "class": f"A class has at most {MEMBERS_MAX} data members and {FUNCTIONS_MAX} functions",
    "stray": "The functions of X are defined in x.cpp or x_*.cpp",
    "circle": "The .cpp files of a room do not call each other in a circle",
    "place": "See shape.py",
}


def text_of(figures):
    lines = [f'{line}\n' for kind, found in figures.items() if found
             for line in [f"\n[{kind}]", *(f'"{name}" = {json.dumps(found[name])}' for name in sorted(found))]]
    return "".join(lines).lstrip()


class TheShape(unittest.TestCase):
    maxDiff = None

    def test_nothing_is_over_a_line_but_what_was_and_that_only_shrinks(self):
        found, debts = over(Shape()), tomllib.loads(DEBTS.read_text(encoding="utf-8"))
        offences = []
        for kind, rule in RULES.items():
            now, before = found[kind], debts.get(kind, {})
            for name in sorted(now.keys() | before.keys()):
                if now.get(name) != before.get(name):
                    offences.append(f"{rule}: {name}: {now.get(name, 'nothing')}, in debts.toml "
                                    f"{before.get(name, 'nothing')}")
        if offences:
            self.fail("\n  ".join(["What has shrunk is to be lowered in debts.toml:", *offences]))

    def test_a_session_commands_row_says_one_fact_a_line_and_no_more(self):
        rows = [row for path in sorted(COMMANDS.glob("rows_*.hpp"))
                for table in re.findall(r"constexpr Row .*?^};", path.read_text(encoding="utf-8"), re.M | re.S)
                for row in re.findall(r"^    {.*?},$", table, re.M | re.S)]
        of_sessions = [row for row in rows if ".scope = " not in row]  # Scope::session, if none is named
        self.assertGreater(len(of_sessions), 40)
        # Lines of a text that goes on are no facts.
        facts = {re.search(r'"(\w+)"', row)[1]: len(re.findall(r"^ +{?\.\w+ = ", row, re.M)) for row in of_sessions}
        self.assertEqual({name: lines for name, lines in facts.items() if lines > ROW_LINES_MAX}, {})


class TheRulesThemselves(unittest.TestCase):
    def shape_of(self, **files):
        folder = tempfile.TemporaryDirectory(prefix="limpet-shape-")
        self.addCleanup(folder.cleanup)
        room = pathlib.Path(folder.name, "src", "shard")
        room.mkdir(parents=True)
        for name, text in files.items():
            stem, _, kind = name.rpartition("_")
            (room / f"{stem}.{kind}").write_text(text, encoding="utf-8")
        return Shape(pathlib.Path(folder.name))

    def test_what_is_moved_into_a_struct_or_a_base_still_counts(self):
        many = "".join(f"int a{i}_ = 0; " for i in range(20))
        fields = "".join(f"int f{i} = 0; " for i in range(20))
        shape = self.shape_of(big_hpp=f"struct State {{ {fields} }};\nclass Base {{ {many} }};\n"
                                      "class Big : Base { State state_; };\n")
        self.assertEqual(shape.member_count("Big"), 40)

    def test_a_struct_that_others_use_counts_as_one(self):
        fields = "".join(f"int f{i} = 0; " for i in range(20))
        shape = self.shape_of(config_hpp=f"struct Config {{ {fields} }};\n",
                              big_hpp="class Big { Config config_; int a_; };\n",
                              other_hpp="void read(Config& config);\n")
        self.assertEqual(shape.member_count("Big"), 2)

    def test_a_function_far_from_its_class_is_found(self):
        shape = self.shape_of(core_hpp="class Core { void a(); void b(); void c(); };\n",
                              core_cpp="void Core::a() {}\n", core_more_cpp="void Core::b() {}\n",
                              far_cpp="void Core::c() {}\n")
        self.assertEqual(dict(shape.strays()), {"Core": ["src/shard/far.cpp"]})

    def test_a_circle_of_calls_is_found_and_a_chain_is_none(self):
        chain = {"a_cpp": "void f() { g(); }\n", "b_cpp": "void g() { h(); }\n"}
        self.assertEqual(circles(self.shape_of(**chain, c_cpp="void h() {}\n").calls("shard")), [])
        found = circles(self.shape_of(**chain, c_cpp="void h() { f(); }\n").calls("shard"))
        self.assertEqual([len(files) for files in found], [3])

    def test_a_name_of_the_standard_library_is_no_call_of_ours(self):
        calls = self.shape_of(a_cpp="void f() { std::move(x); }\n", b_cpp="void move() { f(); }\n").calls("shard")
        self.assertEqual(circles(calls), [])


if __name__ == "__main__":
    if sys.argv[1:] == ["--debts"]:
        print(text_of(over(Shape())), end="")
    else:
        unittest.main(verbosity=2)
