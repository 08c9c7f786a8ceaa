import collections
import html.parser
import re

import pytest
import samples

from racetrack_reports import charts, page

VOID = {"meta", "wbr", "link", "img", "br", "hr", "input", "path", "use", "rect",
        "line", "circle"}


class Walk(html.parser.HTMLParser):
    """Collects tags, attributes and text; asserts that tags are balanced."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags = [], collections.Counter()
        self.attributes, self.text = [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += [(tag, *a) for a in attrs]
        # In SVG an element may have no content and still be closed.
        self.open.append(tag)
        if tag in VOID and "svg" not in self.open:
            self.open.pop()

    def handle_startendtag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += [(tag, *a) for a in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, self.getpos()

    def handle_data(self, data):
        self.text.append(data)

    def values(self, name):
        return [v for _, n, v in self.attributes if n == name]


def of_kinds(*kinds):
    return [r for r in samples.full(2) if r["record"] in ("run", *kinds)]


MISSING = {
    "nothing but the run": of_kinds(), "stress only": of_kinds(
        "trial", "finding", "verdict", "end"),
    "bench only": of_kinds("cell", "end"), "peers only": of_kinds("peer", "end"),
    "power only": of_kinds("power", "end"),
    "faults without findings": of_kinds("fault", "end"),
    "verdicts without trials": of_kinds("verdict"),
    "trials alone": of_kinds("trial"), "findings alone": of_kinds("finding"),
    "bare machine": [samples.run_record(machine={}, libraries=[])],
    "full": samples.full(2), "sound": samples.sound(),
    "hostile": samples.hostile(),
}


@pytest.mark.parametrize("name", MISSING)
def test_the_page_is_whole_and_alone(rendered, name):
    text = rendered(MISSING[name])
    walk = Walk(text)
    assert walk.tags["h1"] == walk.tags["main"] == 1
    ids = walk.values("id")
    assert len(ids) == len(set(ids))
    # Links lead to a place on the page.
    assert {h[1:] for h in walk.values("href")} <= set(ids)
    assert all(h.startswith("#") for h in walk.values("href"))
    for name in ("src", "srcset", "action", "data", "xlink:href", "onerror"):
        assert walk.values(name) == []
    assert not set(walk.tags) & {"script", "link", "img", "iframe", "object",
                                 "embed", "form", "base", "foreignobject"}
    assert not any(n.startswith("on") for _, n, _ in walk.attributes)
    # Texts between tags and in hints may say anything: they are escaped.
    markup = re.sub(r'>[^<]*<| (title|aria-label)="[^"]*"', "><", text)
    assert not re.search(r"https?:|@import|src=", markup)
    assert re.findall(r"url\((?!#)", text) == []
    for reference in re.findall(r"url\(#([^)]*)\)", text):
        assert reference in ids
    assert all(i in ids for v in walk.values("aria-labelledby")
               for i in v.split())


def test_hostile_text_stays_text(rendered):
    walk = Walk(rendered(samples.hostile()))
    plain = "".join(walk.text)
    assert plain.count("<script>alert(1)</script>") > 100
    assert "{{ 7*7 }}" in plain and "$x^2$" in plain
    assert "\x1b" not in plain and "\u202e" not in plain


def test_each_chart_has_a_title_a_description_and_a_table(rendered):
    text = rendered(samples.full(2))
    walk = Walk(text)
    assert walk.tags["svg"] == walk.tags["desc"]
    assert walk.tags["title"] == walk.tags["svg"] + 1
    assert text.count('aria-label="Cells of ') == 3
    assert text.count("<figure") == 4


def test_text_of_charts_is_text_and_colours_are_the_pages(rendered):
    text = rendered(samples.full(2))
    assert re.search(r"<text[^>]*>★ 100 %</text>", text)
    assert "var(--series-1)" in text
    for colour in charts.VARIABLES:
        assert colour not in text
    style = text[text.index("<style>"):text.index("</style>")]
    for name in charts.VARIABLES.values():
        assert style.count(f"--{name}:") >= 2


def test_equal_records_give_equal_bytes(rendered):
    assert rendered(samples.full(2)) == rendered(samples.full(2))


def test_each_verdict_has_a_word_and_a_symbol_and_a_link(rendered):
    text = rendered(samples.full(2))
    marks = re.findall(r'<a class="mark [a-z-]+" href="#([^"]*)" title="([^"]*)"'
                       r'>.*?<span[^>]*>(.)</span> <span>([a-z ]+)</span>', text)
    assert len(marks) == 117
    assert {(s, w) for _, _, s, w in marks} == {
        ("✓", "as claimed"), ("✗", "refuted"), ("◆", "known"),
        ("?", "inconclusive"), ("⊘", "could not run"), ("–", "not claimed")}
    assert len({m[0] for m in marks}) == 117


def test_findings_show_stacks_and_a_replay_command(rendered):
    text = rendered(samples.full(2))
    for part in ("kernels/fft/fft_plan.c:88", "Write of size 8 by thread T2",
                 "<code tabindex=\"0\">racetrack replay out#f1</code>",
                 "libopenblas.so.0+0x12345", "5 more frames",
                 "openblas-queue", "no progress for 2000 ms"):
        assert part in text
    new, known = text.index("data race on the plan"), text.index(
        "in the BLAS thread pool")
    assert new < known


def test_a_missed_fault_comes_first(rendered):
    content = samples.sound()
    content[-2]["found"] = False
    text = rendered(content)
    assert "detector failed" in text
    table = text[text.index('id="selftest"'):]
    assert table.index("no once") < table.index("shared scratch")


def test_the_page_tells_how_to_reproduce(rendered):
    content = samples.sound()
    content[0]["command"] = ["racetrack", "stress", "a b", "--seed", "7"]
    assert "racetrack stress &#39;a b&#39; --seed 7" in rendered(content)


def test_wide_and_long_contents_stay_in_boxes_of_their_own(rendered):
    walk = Walk(rendered(samples.full(2)))
    boxes = sum(v.startswith("box") for v in walk.values("class"))
    assert walk.tags["table"] == boxes


@pytest.mark.parametrize("value, text", [
    (0, "0"), (None, "–"), (97.7123, "97.7"), (1234.6, "1,230"),
    (.01234, "0.0123"), (4.56e-7, "4.56e-07"), (-2.5, "-2.50"),
    (999.9, "1,000")])
def test_numbers_have_three_digits(value, text):
    assert page.number(value) == text


def test_times_and_counts_have_units():
    assert page.nanoseconds(1500) == "1.50 µs"
    assert page.nanoseconds(2.5e9) == "2.50 s"
    assert page.duration(183.4) == "3 min 3 s"
    assert page.duration(.00948) == "9.48 ms" and page.duration(0) == "0 s"
    assert page.duration(7260) == "2 h 1 min"
    assert page.big(940) == "940" and page.big(12_400) == "12.4 k"
    assert page.big(3_100_000) == "3.1 M"
    assert page.rate(.12345) == "≤ 12 %" and page.rate(None) == "–"


def test_anchors_of_unequal_names_are_unequal():
    assert page.slug("a b", "c") != page.slug("a", "b c")
    assert page.slug("a-b", "c") != page.slug("a", "b-c")
    assert re.fullmatch(r"[\w.-]+", page.slug("v", "ä<\"> \n", ""))


def test_a_comparison_has_a_table_with_what_fails_first(rendered):
    page = rendered([samples.run_record(), *samples.comparison(), samples.end()])
    section = page[page.index('id="comparison"'):]
    assert section.index("> worse<") < section.index("> same<")
    assert "+7.3 %" in section and "(+5.1 % to +9.4 %)" in section
    assert "any" in section  # an interval without an end
    assert "mixed" in section
