"""Runs and their times in one SQLite file. An import is one transaction: it is there
whole or not at all, also after kill -9. Who finds the file locked waits."""

import json
import pathlib
import sqlite3

import numpy as np

from . import formats

VERSION = 1
WAIT_S = 10.0
TABLES = """
CREATE TABLE runs (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, source TEXT NOT NULL,
    machine TEXT NOT NULL, software TEXT NOT NULL, commit_id TEXT NOT NULL,
    date TEXT NOT NULL);
CREATE TABLE cells (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE times (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    cell INTEGER NOT NULL REFERENCES cells,
    low REAL NOT NULL, median REAL NOT NULL, samples TEXT NOT NULL,
    PRIMARY KEY (cell, run)) WITHOUT ROWID;
"""


class Unusable(Exception):
    """The database cannot be used; a sentence. `usage`: it is none of ours."""

    def __init__(self, sentence, usage=False):
        super().__init__(sentence)
        self.usage = usage


class Store:
    """The database at `path`, made when it is not there. Use it in a `with`."""

    def __init__(self, path, wait_s=WAIT_S):
        self.path = pathlib.Path(path)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.db = sqlite3.connect(self.path, timeout=wait_s, isolation_level=None)
        except (OSError, sqlite3.Error) as e:
            raise Unusable(f"{path} cannot be opened: {e}") from None
        self.guard(self.prepare)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.db.close()

    def guard(self, work, *arguments):
        """Call work; what SQLite says becomes one sentence."""
        try:
            return work(*arguments)
        except sqlite3.DatabaseError as e:
            text = str(e)
            if "locked" in text or "busy" in text:
                text = "another run has it locked, for longer than was waited"
            elif "full" in text:
                text = "the disk is full; nothing of this import was written"
            elif "not a database" in text or "malformed" in text:
                raise Unusable(f"{self.path} is no history of racetrack: {e}",
                               True) from None
            raise Unusable(f"{self.path}: {text}") from None

    def prepare(self):
        self.db.execute("PRAGMA foreign_keys = ON")
        version = self.db.execute("PRAGMA user_version").fetchone()[0]
        if version > VERSION:
            raise Unusable(f"{self.path} is of version {version}, this racetrack knows "
                           f"versions up to {VERSION}: use the one that wrote it", True)
        if version == 0:
            self.transact(self.create)

    def create(self):
        if self.db.execute("PRAGMA user_version").fetchone()[0]:
            return  # another run was first
        if self.db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise Unusable(f"{self.path} is another program's database", True)
        for statement in TABLES.split(";"):
            self.db.execute(statement)
        self.db.execute(f"PRAGMA user_version = {VERSION}")

    def transact(self, work, *arguments):
        """All of it or nothing."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            found = work(*arguments)
            self.db.execute("COMMIT")
            return found
        except BaseException:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
            raise

    def add(self, run):
        """Put in a formats.Run; one that is there already is replaced. Returns its
        number."""
        return self.guard(self.transact, self.insert, run)

    def insert(self, run):
        key = run.id or run.source
        self.db.execute("DELETE FROM runs WHERE id = ?", (key,))
        number = self.db.execute(
            "INSERT INTO runs (id, source, machine, software, commit_id, date) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (key, run.source, run.machine, json.dumps(run.software), run.commit,
             run.date)).lastrowid
        for name, samples in run.cells.items():
            self.db.execute("INSERT OR IGNORE INTO cells (name) VALUES (?)", (name,))
            cell, = self.db.execute("SELECT number FROM cells WHERE name = ?",
                                    (name,)).fetchone()
            self.db.execute(
                "INSERT INTO times VALUES (?, ?, ?, ?, ?)",
                (number, cell, float(np.quantile(samples, 0.1)),
                 float(np.median(samples)), json.dumps(samples)))
        return number

    def runs(self):
        """(number, Run without cells, how many cells it has), oldest first."""
        return self.guard(lambda: [
            (row[0], formats.Run(row[3], json.loads(row[4]), row[5], row[6],
                                 source=row[2], id=row[1]), row[7])
            for row in self.db.execute(
                "SELECT number, id, source, machine, software, commit_id, date, "
                "(SELECT count(*) FROM times WHERE run = number) FROM runs "
                "ORDER BY date, number")])

    def cells(self):
        return self.guard(lambda: [r[0] for r in self.db.execute(
            "SELECT name FROM cells WHERE number IN (SELECT cell FROM times) "
            "ORDER BY name")])

    def series(self, name):
        """{machine: [(run number, commit, date, low, samples)]} of a cell, oldest
        first."""
        def read():
            found = {}
            for row in self.db.execute(
                    "SELECT machine, runs.number, commit_id, date, low, samples FROM "
                    "times JOIN runs ON run = runs.number JOIN cells ON cell = "
                    "cells.number WHERE name = ? ORDER BY date, runs.number", (name,)):
                found.setdefault(row[0], []).append((*row[1:5], json.loads(row[5])))
            return found
        return self.guard(read)

    def run(self, number):
        """The whole Run with this number, or None."""
        for known, run, _ in self.runs():
            if known == number:
                run.cells = self.guard(lambda: {
                    name: json.loads(samples) for name, samples in self.db.execute(
                        "SELECT name, samples FROM times JOIN cells ON cell = "
                        "cells.number WHERE run = ? ORDER BY name", (number,))})
                return run
        return None
