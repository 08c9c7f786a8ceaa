"""Mutants of C sources: one step of their synchronisation made wrong.

An operator takes a source text and the same with comments and literals blanked,
and yields changes: (where, what, [(start, end, new text), ...])."""

import re
from typing import NamedTuple

import tree


class Mutant(NamedTuple):
    """One changed source; `name` tells file, line and operator."""
    path: str
    line: int
    operator: str
    what: str
    text: str

    @property
    def name(self):
        return f"{self.path}:{self.line}:{self.operator}"


def arguments(text, start):
    """The arguments of the call whose bracket opens at `start`, and its end."""
    depth, parts, begun = 0, [], start + 1
    for i in range(start, len(text)):
        if text[i] in "([{":
            depth += 1
        elif text[i] in ")]}":
            depth -= 1
            if depth == 0:
                return [*parts, text[begun:i].strip()], i + 1
        elif text[i] == "," and depth == 1:
            parts.append(text[begun:i].strip())
            begun = i + 1
    return None, len(text)


def calls(text, name):
    """(start, end, arguments) of each call of a function whose name fits."""
    for match in re.finditer(rf"\b({name})\s*\(", text):
        parts, end = arguments(text, match.end() - 1)
        if parts is not None:
            yield match, end, parts


def functions(text):
    """(start, end) of each function's body."""
    for match in re.finditer(r"^[^\s#/}][^;{}]*\{\n.*?^\}", text, re.M | re.S):
        yield match.start(), match.end()


def remove_lock(text):
    """Take a lock and its unlocks out: of a function that has both, or of the
    file, where functions of their own lock and unlock."""
    locks = [(m.start(), end, args[0], "unlock" in m[1]) for m, end, args in
             calls(text, r"pthread_mutex_(?:un)?lock")]
    groups, rest = [], list(locks)
    for start, end in functions(text):
        inside = [one for one in locks if start <= one[0] < end]
        for mutex in sorted({one[2] for one in inside}):
            group = [one for one in inside if one[2] == mutex]
            if len({one[3] for one in group}) == 2:
                groups.append(group)
                rest = [one for one in rest if one not in group]
    for mutex in sorted({one[2] for one in rest}):
        group = [one for one in rest if one[2] == mutex]
        if len({one[3] for one in group}) == 2:
            groups.append(group)
    for group in groups:
        yield (group[0][0], f"without the lock {group[0][2]}",
               [(start, end, "(void)0") for start, end, _, _ in group])


def weaken_order(text):
    for match in re.finditer(
            r"\bmemory_order_(acquire|release|acq_rel|seq_cst)\b", text):
        yield (match.start(), f"{match[1]} becomes relaxed",
               [(match.start(), match.end(), "memory_order_relaxed")])


SIGNS = {"add": "+", "sub": "-", "or": "|", "and": "&", "xor": "^"}


def split_step(text):
    """Make an atomic read and write two steps, with room between them."""
    for match, end, args in calls(
            text, r"atomic_fetch_(?:add|sub|or|and|xor)(?:_explicit)?"):
        sign = SIGNS[match[1].split("_")[2]]
        yield (match.start(), f"{match[1]} in two steps",
               [(match.start(), end,
                 f"RTK_SPLIT_FETCH({args[0]}, {sign}, {args[1]})")])
    for match, end, args in calls(text, r"atomic_exchange(?:_explicit)?"):
        yield (match.start(), f"{match[1]} in two steps",
               [(match.start(), end,
                 f"RTK_SPLIT_EXCHANGE({args[0]}, {args[1]})")])
    for match, end, args in calls(
            text, r"atomic_compare_exchange_(?:weak|strong)(?:_explicit)?"):
        yield (match.start(), f"{match[1]} in two steps",
               [(match.start(), end, "RTK_SPLIT_COMPARE("
                 f"{args[0]}, {args[1]}, {args[2]})")])


def signal_one(text):
    for match, end, args in calls(text, r"pthread_cond_broadcast"):
        yield (match.start(), f"one of those who wait on {args[0]} is told",
               [(match.start(), end, f"pthread_cond_signal({args[0]})")])


def wake_nobody(text):
    for match, end, _ in calls(
            text, r"pthread_cond_(?:broadcast|signal)|rtk_futex_wake"):
        yield (match.start(), f"without {match[1]}",
               [(match.start(), end, "(void)0")])


def wait_once(text):
    for match in re.finditer(r"\bwhile\s*\(", text):
        _, end = arguments(text, match.end() - 1)
        if re.match(r"\s*(pthread_cond_wait|rtk_futex_wait)", text[end:]):
            yield (match.start(), "waits once, and does not look again",
                   [(match.start(), match.end(), "if (")])


OPERATORS = {"remove-lock": remove_lock, "weaken-order": weaken_order,
             "split-step": split_step, "signal-one": signal_one,
             "wake-nobody": wake_nobody, "wait-once": wait_once}


def mutants(path, text):
    """All mutants of the source `text` at `path`, in order of place."""
    bare = tree.without_comments(text)
    found = []
    for operator, changes in OPERATORS.items():
        for where, what, edits in changes(bare):
            changed = text
            for start, end, new in sorted(edits, reverse=True):
                # Line numbers stay those of the source.
                new += "\n" * text.count("\n", start, end)
                changed = changed[:start] + new + changed[end:]
            found.append((where, Mutant(str(path), 1 + text.count("\n", 0, where),
                                        operator, what, changed)))
    return [m for _, m in sorted(found, key=lambda one: one[0])]
