"""What the checks share: which files are source, and how a check answers."""

import argparse
import pathlib
import re
import sys

OWN = pathlib.Path(__file__).resolve().parent.parent
# Not source: what is built, what a run leaves behind, caches, hidden folders.
SKIPPED = {"build", "out", "__pycache__"}
C_FAMILY = (".c", ".h", ".cc", ".cpp", ".hpp", ".def")


def files(root, *suffixes):
    """Source files below root as sorted relative paths; no suffix: all."""
    found = []
    for path in root.iterdir():
        if path.name in SKIPPED or path.name.startswith(".") or (
                path.name.endswith(".egg-info") or path.is_symlink()):
            continue
        if path.is_dir():
            found += [path.relative_to(root) / p for p in files(path)]
        else:
            found.append(path.relative_to(root))
    return sorted(p for p in found if not suffixes or p.suffix in suffixes)


def without_comments(text):
    """C text with comments and the inside of literals blanked, lines kept."""
    def blank(match):
        word = match[0]
        if word[0] in "\"'":
            return word[0] + " " * (len(word) - 2) + word[0]
        return re.sub(r"[^\n]", " ", word)
    return re.sub(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'",
                  blank, text, flags=re.S)


def main(doc, check):
    """Run check(root), which yields sentences; exit 1 if there are any."""
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", nargs="?", type=pathlib.Path, default=OWN,
                        help="tree to check (default: this one)")
    root = parser.parse_args().root.resolve()
    complaints = list(check(root))
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    sys.exit(1 if complaints else 0)
