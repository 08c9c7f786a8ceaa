"""Where a finding is: which frames of its stacks speak, as the C side chooses
them for a fingerprint."""

import re

# Frames of the sanitizers say where it was seen, not what.
NOISE = re.compile(r"_*(interceptor|tsan|asan|sanitizer)")
# Stacks that tell of something beside the accesses themselves.
BESIDE = re.compile(
    r"the (global|heap|stack|tls)|.*\b(was (started|made|allocated)|"
    r"allocated by|location)\b", re.I)


def tree_path(file):
    """A file as it is called in its own tree: compilers name it from where
    they ran."""
    return re.sub(r"^(\.{1,2}/)+", "", file)


def speaks(frame):
    return bool(frame["file"]) and not (
        frame["function"] and NOISE.match(frame["function"])) \
        and "sanitizer_common" not in frame["file"]


def top(stack):
    """The frame of a stack that says what was done; None: none does."""
    return next(filter(speaks, stack["frames"]), None)


def accesses(finding):
    """The stacks of what collided; the others tell of variables, mutexes and
    who started the threads."""
    found = [s for s in finding["stacks"]
             if not BESIDE.match(s["title"] or "")]
    return found or finding["stacks"][:1]


def sites(finding):
    """(stack, frame) of up to two places that the finding is about, unequal
    ones first."""
    found = [(s, top(s)) for s in accesses(finding)]
    found = [(s, f) for s, f in found if f]
    first = found[:1]
    other = [(s, f) for s, f in found[1:] if (f["file"], f["line"]) != (
        first[0][1]["file"], first[0][1]["line"])]
    return first + (other or found[1:])[:1]
