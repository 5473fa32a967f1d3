"""Finds the functions of a C++ file and how many lines each takes.

A scan over braces, not a parser. What stands before an opening brace decides what it opens: a namespace or a
type is looked into, an initialiser is skipped, and the rest with a parameter list is a function. Good for code
that clang-format has laid out.
"""

import re

_LITERAL = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<d>[^()\\\s]{0,16})\(.*?\)(?P=d)"|'
    r'"(?:\\.|[^"\\\n])*"|(?<!\w)\'(?:\\.|[^\'\\\n])+\'',
    re.S)
_LOOKED_INTO = re.compile(r"(^|\s|>)(namespace|class|struct|union|extern)\b")


def without_literals(text):
    """The text with comments and the insides of literals blanked out; line breaks stay."""
    def blank(match):
        return "".join(c if c == "\n" else " " for c in match.group(0))
    return _LITERAL.sub(blank, text)


def without_directives(text):
    """The text with preprocessor directives (and their continued lines) blanked out."""
    return re.sub(r"(?m)^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)


def _matching(text, start):
    depth = 0
    for i in range(start, len(text)):
        if text[i] == "{":
            depth += 1
        elif text[i] == "}":
            depth -= 1
            if depth == 0:
                return i
    return len(text) - 1


def functions(source):
    """Yields (first line, name, count of lines) for each function; lines count from 1."""
    text = without_directives(without_literals(source))
    i = head_start = 0
    while i < len(text):
        c = text[i]
        if c in ";}":
            head_start = i + 1
        elif c == "{":
            head = text[head_start:i]
            has_parameters = ")" in head
            initialises = re.search(r"=\s*$", head) or (re.search(r"=(?!=)", head) and "operator" not in head)
            if not has_parameters and _LOOKED_INTO.search(head):
                head_start = i + 1
            elif initialises or not has_parameters:
                i = _matching(text, i)
            else:
                end = _matching(text, i)
                first = source.count("\n", 0, head_start + len(head) - len(head.lstrip())) + 1
                last = source.count("\n", 0, end) + 1
                name = re.search(r"([\w:~]+)\s*\(", head)
                yield first, name.group(1) if name else "?", last - first + 1
                i = end
                head_start = i + 1
        i += 1
