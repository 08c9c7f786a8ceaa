"""What BASE and HEAD are: a plug-in, a build folder, or a git revision, which is
built in a worktree of its own and kept, by its commit."""

import dataclasses
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tomllib

KEPT = 20  # builds in the cache
CONFIG = "racetrack.toml"


class NoBuild(Exception):
    """A sentence; `usage`: what was asked for is no build, else it did not build."""

    def __init__(self, sentence, usage=True):
        super().__init__(sentence)
        self.usage = usage


@dataclasses.dataclass(frozen=True)
class Build:
    """A plug-in to measure: its path, what it was called, and its commit or ""."""
    plugin: pathlib.Path
    name: str
    commit: str = ""


@dataclasses.dataclass(frozen=True)
class How:
    """How a revision is built: a shell command in its tree, and where the plug-in is
    then. `plugin` is also where a build folder has it."""
    command: str
    plugin: str
    in_folder: str = "plugins/reference"


def git(repository, *words, check=True):
    done = subprocess.run(["git", "-C", str(repository), *words], text=True,
                          capture_output=True, check=False)
    if check and done.returncode:
        raise NoBuild(f"git {words[0]}: {done.stderr.strip().splitlines()[-1]}"
                      if done.stderr.strip() else f"git {words[0]} failed")
    return done.stdout.strip() if not done.returncode else ""


def top_of(folder):
    """The git tree that `folder` is in, or None."""
    top = git(folder, "rev-parse", "--show-toplevel", check=False)
    return pathlib.Path(top) if top else None


def how_to_build(top, command, plugin):
    """From the options, or else from racetrack.toml of the tree."""
    path, found = (top or pathlib.Path()) / CONFIG, {}
    if path.is_file():
        try:
            found = tomllib.loads(path.read_text(encoding="utf-8")).get("build", {})
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
            raise NoBuild(f"{path}: {e}") from None
    for key in found:
        if key not in ("command", "plugin") or not isinstance(found[key], str):
            raise NoBuild(f"{path}: [build] takes the texts command and plugin, "
                          f"not {key}")
    return How(command or found.get("command", ""),
               plugin or found.get("plugin", "build/default/plugins/reference"),
               plugin or "plugins/reference")


def is_plugin(path):
    return path.is_file() and path.suffix == ".so" or (path / "native.so").is_file()


def resolve(word, how, top, say=lambda line: None):
    """The Build that `word` means."""
    path = pathlib.Path(word)
    if path.exists():
        if is_plugin(path):
            return Build(path.resolve(), word)
        inside = path / how.in_folder
        if path.is_dir() and is_plugin(inside):
            return Build(inside.resolve(), word)
        raise NoBuild(f"{word} is neither a plug-in (a folder with native.so, or a "
                      f".so) nor a build folder with {how.in_folder}")
    commit = top and git(top, "rev-parse", "--verify", "--quiet",
                         f"{word}^{{commit}}", check=False)
    if not commit:
        raise NoBuild(f"\"{word}\" is neither a path nor a revision of a git tree here; "
                      "it can be a plug-in, a build folder or a revision")
    return Build(built(top, commit, how, say), word, commit)


def cache_of(top):
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    name = hashlib.sha256(str(top.resolve()).encode()).hexdigest()[:16]
    return pathlib.Path(home) / "racetrack" / "builds" / name


def built(top, commit, how, say):
    """Build `commit`, unless that was done before; the path of its plug-in."""
    if not how.command:
        raise NoBuild(f"how a revision is built is not known: --build COMMAND, or "
                      f"{CONFIG} with [build] command = \"...\", says so")
    folder = cache_of(top)
    recipe = hashlib.sha256(how.command.encode()).hexdigest()[:8]
    tree, mark = folder / f"{commit}-{recipe}", folder / f"{commit}-{recipe}.built"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / "lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # another run may be building
            if not mark.exists():
                build(top, commit, tree, how, folder / f"{commit}.log", say)
                mark.touch()
            os.utime(mark)
            prune(top, folder, keep=tree)
    except OSError as e:
        raise NoBuild(f"{e.filename or folder}: {e.strerror}", usage=False) from None
    plugin = tree / how.plugin
    if not is_plugin(plugin):
        raise NoBuild(f"the build of {commit[:12]} left no plug-in at {how.plugin}; "
                      "--plugin says where it is", usage=False)
    return plugin


def build(top, commit, tree, how, log, say):
    discard(top, tree)
    git(top, "worktree", "add", "--detach", "--force", str(tree), commit)
    say(f"building {commit[:12]} in {tree}")
    with open(log, "wb") as out:
        done = subprocess.run(how.command, shell=True, cwd=tree, stdout=out,
                              stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT,
                              check=False)
    if done.returncode:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise NoBuild(f"{commit[:12]} does not build ({log}): "
                      f"{lines[-1] if lines else 'no output'}", usage=False)


def discard(top, tree):
    git(top, "worktree", "remove", "--force", "--force", str(tree), check=False)
    shutil.rmtree(tree, ignore_errors=True)
    git(top, "worktree", "prune", check=False)


def prune(top, folder, keep):
    """Keep the builds that were used last."""
    marks = sorted(folder.glob("*.built"), key=lambda m: m.stat().st_mtime)
    for mark in marks[:-KEPT]:
        tree = mark.with_suffix("")
        if tree != keep:
            discard(top, tree)
            mark.unlink(missing_ok=True)


def merge_base(top, head="HEAD"):
    """The commit at which `head` left the main branch, or None where it has not."""
    for branch in ("origin/HEAD", "origin/main", "origin/master", "main", "master"):
        found = git(top, "merge-base", branch, head, check=False)
        if found and found != git(top, "rev-parse", head):
            return found
    return git(top, "rev-parse", "--verify", "--quiet", f"{head}^", check=False) or None


def tell(line):
    print(line, file=sys.stderr, flush=True)
