"""The words of the code: those of docs/ARCHITECTURE.md, and names that gave way to the field's own.

tidy_test.py sees to it that each word of the glossary is used, that one which could mean several things names one
alone, and that what was renamed does not come back.
"""

import fnmatch
import re

# Former names, by whole identifiers, and why others took their place.
FORMER = [
    (r"needed_|durable_", "what a reply waits for is an LSN"),
    (r"owe|HeldReply", "output waits at a gate until its LSN is safe"),
    (r"SlotTurn", "what a slot is to commands is its SlotMode"),
    (r"give_up_slot|is_given|look_after", "a move is started, advanced, done or has failed"),
    (r"Passing|PassHook", "where a test may end a process is a CrashPoint"),
    (r"PassedOn|let_later_go|take_eased|place_eased", "what keeps relayed commands in their order is the RelayOrder"),
    (r"way_to", "where commands for a slot go is its route"),
    (r"guesses_|note_guess|is_a_guess", "an owner that has not said so itself is unconfirmed"),
    (r"set_listening|kListenMs|all_are_heard", "a start has its startup grace, until all have reported"),
    (r"part_from", "a goodbye is answered; a part is a piece of a command"),
    (r"HolderOf|append_holder|take_holder|take_holds|take_held", "whose title a slot is, is its owner"),
    (r"snapshot_ahead_", "requests are read ahead, memory is prefetched"),
    (r"set_aside_slot|begin_copying|stop_copying", "who copies a store has a CopyScope; reclaiming is suspended"),
    (r"deaf_", "samples of the window before are stale"),
    (r"kHandoffBriefMs|kHandoffSignMs", "a limit says what it is for: a goal, a keepalive"),
]


def words_of(identifier):
    """Its words in lower case: those of kLooksInATurn are k, looks, in, a, turn."""
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", identifier)]


def former(identifiers):
    """Of these identifiers those that were renamed, with the reason."""
    return {name: why for name in identifiers for pattern, why in FORMER if re.fullmatch(pattern, name)}


def glossary(document):
    """By word: what it means, by the tables of docs/ARCHITECTURE.md that have one."""
    rows = [row for table in re.findall(r"^\| word \| .*\n\|[-|]+\|\n((?:\|.*\n)+)", document, re.M)
            for row in re.findall(r"^\| (.+?) \| (.+) \|$", table, re.M)]
    return {word: meaning for words, meaning in rows for word in re.findall(r"\*\*(.+?)\*\*", words)}


def unused(words, code):
    """Words of the glossary that the code, its comments included, does without."""
    return [word for word in words if not re.search(rf"\b{re.escape(word)}s?\b", code, re.I)]


def one_meaning(document):
    """Of the table of words with one meaning: by word, the patterns of the names that have it."""
    table = re.search(r"^\| word \| its one meaning \| names \|\n\|[-|]+\|\n((?:\|.*\n)+)", document, re.M)
    rows = re.findall(r"^\| \*\*(\w+)\*\* \|[^|]*\| (.*) \|$", table[1], re.M)
    return {word: re.findall(r"`([^`]+)`", names) for word, names in rows}


def with_another_meaning(word, patterns, identifiers):
    """Identifiers with that word which none of its patterns has."""
    return sorted(name for name in identifiers if {word, word + "s"} & set(words_of(name))
                  and not any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns))
