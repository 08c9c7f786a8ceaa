"""Read a file of records: one JSON object a line, the first of them `run`.

The shape of each record is checked against record.schema.json on reading, so
nothing after this module meets a missing field or a wrong type. A last line
that was cut off is no error: the run is then partial."""

import dataclasses
import functools
import json
import math
import pathlib
import re

SCHEMA = 1
SCHEMA_FILE = pathlib.Path(__file__).with_name("record.schema.json")

# Half a surrogate pair, control characters and those that turn the direction
# of writing round: no renderer can show them, some are misled by them.
UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
    "\ud800-\udfff\ufeff\ufffe\uffff]")


class Unreadable(Exception):
    """The records cannot be read; the text is a sentence for people."""


@dataclasses.dataclass
class Run:
    """All records of a file, by kind, in the order of the file."""
    run: dict
    end: dict | None = None
    trials: list = dataclasses.field(default_factory=list)
    findings: list = dataclasses.field(default_factory=list)
    verdicts: list = dataclasses.field(default_factory=list)
    shrunk: list = dataclasses.field(default_factory=list)
    suppressions: list = dataclasses.field(default_factory=list)
    faults: list = dataclasses.field(default_factory=list)
    power: list = dataclasses.field(default_factory=list)
    cells: list = dataclasses.field(default_factory=list)
    peers: list = dataclasses.field(default_factory=list)
    samples: list = dataclasses.field(default_factory=list)
    answers: list = dataclasses.field(default_factory=list)
    scaling: list = dataclasses.field(default_factory=list)
    notes: list = dataclasses.field(default_factory=list)
    rebased: bool = False  # judged by a base that was not the run's own

    @property
    def partial(self):
        return self.end is None or self.end["status"] == "partial"


@functools.cache
def schema():
    return json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))


TYPES = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "null": lambda v: v is None,
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
    "integer": lambda v: (isinstance(v, int) and not isinstance(v, bool))
    or (isinstance(v, float) and v.is_integer()),
}


def misfit(value, rule, where):
    """Why `value` breaks a rule of our schema, or None. It knows the words
    that record.schema.json uses; jsonschema would take several times as long
    as everything else here, so it judges in `--validate` and in the tests."""
    if "$ref" in rule:
        return misfit(value, schema()["$defs"][rule["$ref"][8:]], where)
    types = rule.get("type")
    types = [types] if isinstance(types, str) else types
    if types and not any(TYPES[t](value) for t in types):
        return f"{where} is not {' or '.join(types)}"
    if "const" in rule and value != rule["const"]:
        return f"{where} is not {rule['const']!r}"
    if "enum" in rule and value not in rule["enum"]:
        return f"{where} is {shown(value)}, which is none of {rule['enum']}"
    if isinstance(value, str):
        if len(value) < rule.get("minLength", 0):
            return f"{where} is empty"
        if "pattern" in rule and not re.search(rule["pattern"], value):
            return f"{where} is {shown(value)}, not like {rule['pattern']}"
    elif isinstance(value, dict):
        for key in rule.get("required", ()):
            if key not in value:
                return f"{where} has no field {key!r}"
        known, other = rule.get("properties", {}), rule.get("additionalProperties")
        for key, item in value.items():
            below = known.get(key, other)
            why = below and misfit(item, below, f"{where}.{shown(key, 40)}")
            if why:
                return why
    elif isinstance(value, list):
        if len(value) > rule.get("maxItems", math.inf):
            return f"{where} has more than {rule['maxItems']} elements"
        for i, item in enumerate(value if "items" in rule else ()):
            why = misfit(item, rule["items"], f"{where}[{i}]")
            if why:
                return why
    elif value is not None and not rule.get("minimum", -math.inf) <= value <= \
            rule.get("maximum", math.inf):
        return f"{where} is {value}, out of its range"
    return None


def shown(value, limit=60):
    text = repr(value)
    return text if len(text) <= limit else text[:limit] + "..."


def finite(text):
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"the number {text[:40]} is not finite")
    return number


def refuse(word):
    raise ValueError(f"{word} is not JSON")


def clean(value):
    """The value with what cannot be printed replaced."""
    if isinstance(value, str):
        return UNPRINTABLE.sub("\ufffd", value)
    if isinstance(value, list):
        return [clean(item) for item in value]
    if isinstance(value, dict):
        return {clean(key): clean(item) for key, item in value.items()}
    return value


def parse(line):
    """The object on a line (bytes). Raises ValueError with the reason."""
    try:
        value = json.loads(line.decode("utf-8", "replace"),
                           parse_float=finite, parse_constant=refuse)
    except RecursionError:
        raise ValueError("too deeply nested") from None
    except json.JSONDecodeError as e:
        raise ValueError(f"not JSON at column {e.colno}: {e.msg}") from None
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    if not isinstance(value.get("record"), str):
        raise ValueError("no field 'record' that says what it is")
    return clean(value)


def complete(value, rule):
    """The value with null, or an empty list, for each field left out."""
    if "$ref" in rule:
        rule = schema()["$defs"][rule["$ref"][8:]]
    if isinstance(value, list) and "items" in rule:
        return [complete(item, rule["items"]) for item in value]
    if isinstance(value, dict) and "properties" in rule:
        return value | {key: complete(value[key], below) if key in value
                        else [] if below.get("type") == "array" else None
                        for key, below in rule["properties"].items()}
    return value


LISTS = {"trial": "trials", "finding": "findings", "verdict": "verdicts",
         "suppression": "suppressions", "shrunk": "shrunk",
         "fault": "faults", "power": "power",
         "cell": "cells", "peer": "peers", "sample": "samples",
         "answer": "answers", "scaling": "scaling"}


def check_run(record):
    """Refuse a run record of a schema that is newer than this reader."""
    version = record.get("schema")
    if record["record"] == "run" and TYPES["integer"](version) and version > SCHEMA:
        raise Unreadable(
            f"these records are of schema version {int(version)}; this reader "
            f"knows versions up to {SCHEMA}: use the reports of the racetrack "
            "that wrote them")


def objects(path):
    """(line number, object) of each line; (line number, None) for a last line
    that was cut off."""
    path = pathlib.Path(path)
    if path.is_dir():
        path /= "records.jsonl"
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as e:
        raise Unreadable(f"cannot read {path}: {e.strerror or e}") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield number, parse(line)
        except ValueError as e:
            if number < len(lines):
                raise Unreadable(f"{path}, line {number}: {e}") from None
            yield number, None


def load(path):
    """The Run in a file of records, or in a run folder that has one."""
    run, unknown = None, {}
    for number, record in objects(path):
        if run is None:
            if record is None or record["record"] != "run":
                raise Unreadable(
                    f"{path} starts with no run record, so it is not a file "
                    "of racetrack records")
            check_run(record)
        if record is None:
            run.end = None
            run.notes.append(f"Line {number}, the last, was cut off and is "
                             "left out.")
            break
        kind = record["record"]
        rule = schema()["$defs"].get(kind) if kind in LISTS or kind in (
            "run", "end") else None
        if rule is None:
            unknown[kind] = unknown.get(kind, 0) + 1
            continue
        why = misfit(record, rule, kind)
        if why:
            raise Unreadable(f"{path}, line {number}: {why}")
        if kind == "run" and run is None:
            run = Run(complete(record, rule))
        elif kind == "run":
            raise Unreadable(f"{path}, line {number}: a second run record; "
                             "one file holds one run")
        elif kind == "end":
            run.end = complete(record, rule)
        else:
            getattr(run, LISTS[kind]).append(complete(record, rule))
    if run is None:
        raise Unreadable(f"{path} is empty: it has no run record")
    for kind, n in sorted(unknown.items()):
        run.notes.append(f"{n} record(s) of the unknown kind “{kind[:60]}” "
                         "were left out.")
    if run.end is None:
        run.notes.append("The run has no end record: it was killed or is "
                         "still going on.")
    return run


def validate(path):
    """Judge a file by jsonschema. Yields a sentence for each misfit."""
    import jsonschema
    rules = jsonschema.Draft202012Validator(schema())
    for number, record in objects(path):
        if record is None:
            yield f"line {number}: cut off"
            continue
        check_run(record)
        for error in rules.iter_errors(record):
            at = "".join(f"[{p!r}]" for p in error.absolute_path)
            yield f"line {number}: {record['record']}{at}: {error.message[:300]}"
